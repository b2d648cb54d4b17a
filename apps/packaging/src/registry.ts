import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { PackedPackage } from "./pack-packages.js";

/** A registry on this machine in which the packed packages are "published". */
export interface Registry {
  /** The environment in which npm asks it for `@pg-mig/*`; other packages come as ever. */
  readonly env: Readonly<Record<string, string>>;
  /** What was asked for and is not there. */
  readonly missing: readonly string[];
  close(): Promise<void>;
}

export async function startRegistry(packages: readonly PackedPackage[]): Promise<Registry> {
  const byName = new Map(packages.map((each) => [each.name, each]));
  const missing: string[] = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(
      new URL(request.url ?? "", "http://registry").pathname.slice(1),
    );
    const found = byName.get(path.replace(/\.tgz$/, ""));
    if (found === undefined) {
      missing.push(path);
      response.writeHead(404).end("{}");
      return;
    }
    const content = await readFile(found.tarball);
    if (path.endsWith(".tgz")) {
      response.end(content);
      return;
    }
    const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;
    const dist = { tarball: `${url}${encodeURIComponent(found.name)}.tgz`, integrity };
    response.end(
      JSON.stringify({
        name: found.name,
        "dist-tags": { latest: found.version },
        versions: { [found.version]: { ...found.manifest, dist } },
      }),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const url = `http://127.0.0.1:${address.port}/`;
  return {
    env: {
      "npm_config_@pg-mig:registry": url,
      npm_config_audit: "false",
      npm_config_fund: "false",
    },
    missing,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
