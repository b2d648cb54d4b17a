import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import type { PackedPackage } from "./pack-packages.js";
import { runProgram } from "./run-program.js";

/** A registry on this machine in which the packed packages are "published", before the real one. */
export interface Registry {
  /** The environment in which npm asks it. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startRegistry(packages: readonly PackedPackage[]): Promise<Registry> {
  const byName = new Map(packages.map((each) => [each.name, each]));
  const { registry: upstream, cache } = await npmSettings();
  // A cache must not take what an earlier registry had on the same port for what this one has.
  const ownPath = `/${randomUUID()}/`;
  const server = createServer(async (request, response) => {
    const asked = request.url?.slice(ownPath.length) ?? "";
    const path = decodeURIComponent(new URL(asked, "http://registry").pathname.slice(1));
    const found = byName.get(path.replace(/\.tgz$/, ""));
    if (found === undefined) {
      response.writeHead(302, { location: `${upstream}${asked}` }).end();
      return;
    }
    // Packed anew each time, it would only fill the cache.
    response.setHeader("cache-control", "no-store");
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
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  const url = `http://127.0.0.1:${address.port}${ownPath}`;
  return {
    env: {
      npm_config_registry: url,
      npm_config_cache: cache,
      npm_config_audit: "false",
      npm_config_fund: "false",
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function npmSettings(): Promise<{ readonly registry: string; readonly cache: string }> {
  const args = ["config", "get", "registry", "cache"];
  const { stdout } = await runProgram("npm", args, { cwd: tmpdir() });
  const { registry = "", cache = "" } = Object.fromEntries(
    stdout
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  return { registry: registry.replace(/\/*$/, "/"), cache };
}
