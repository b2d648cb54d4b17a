import process from "node:process";
import { type Node, type NodeDefaults, parseHosts, resolveNodes } from "@pg-mig/cluster";
import { importModule } from "@pg-mig/config";
import { PgMigError } from "@pg-mig/model";
import type { ScratchUse } from "./scratch-use.js";

/** A server for scratch databases. */
export interface ScratchServer {
  /** The server, with a database to connect to. */
  readonly node: Node;
  /** `embedded`: it is there for this use alone, and goes away with all that is in it. */
  readonly kind: "embedded" | "given";
  stop(): Promise<void>;
}

/** What is needed of `@pg-mig/testkit`, which is installed or not. */
interface Testkit {
  startNodes(): Promise<{
    readonly node: { readonly url: string };
    stop(): Promise<void>;
  }>;
}

const howTo =
  "Name one with the setting `scratch`: embedded, if @pg-mig/testkit is installed, or the URL of a server on which you may make databases.";

/**
 * Finds the server for scratch databases: what `scratch` names as a list of hosts does, or `embedded`, a
 * PostgreSQL that is started for this use.
 *
 * @throws PgMigError `SCRATCH_MISSING` if there is no such thing; `HOSTS_INVALID`.
 */
export async function openScratchServer({
  scratch,
  defaults,
  folder = process.cwd(),
}: ScratchUse): Promise<ScratchServer> {
  requireScratch(scratch);
  if (scratch === "embedded") {
    const { startNodes } = await loadTestkit(folder);
    const { node, stop } = await startNodes();
    // What the user's own servers want is nothing to this one.
    const embedded = { port: 5432, user: "postgres", sslMode: "disable" } as const;
    return { node: oneNode(node.url, embedded), kind: "embedded", stop };
  }
  return { node: oneNode(scratch, defaults), kind: "given", stop: async () => {} };
}

/** @throws PgMigError `SCRATCH_MISSING` if no server is named */
export function requireScratch(scratch: string | undefined): asserts scratch is string {
  if (scratch === undefined || scratch === "") {
    throw new PgMigError("No server is named for the scratch database.", {
      code: "SCRATCH_MISSING",
      hint: howTo,
    });
  }
}

function oneNode(url: string, defaults: NodeDefaults): Node {
  const [node, another] = resolveNodes(parseHosts(url), defaults);
  if (node !== undefined && another === undefined) {
    return node;
  }
  throw new PgMigError("There must be one server in the setting `scratch`.", {
    code: "SCRATCH_MISSING",
    hint: howTo,
  });
}

async function loadTestkit(folder: string): Promise<Testkit> {
  try {
    return (await importModule("@pg-mig/testkit", { folder })) as unknown as Testkit;
  } catch (cause) {
    throw new PgMigError("There is no embedded PostgreSQL: @pg-mig/testkit is not installed.", {
      code: "SCRATCH_MISSING",
      hint: "Run npm install -D @pg-mig/testkit, or name a server with the setting `scratch`: a URL such as postgres://user@host/postgres.",
      cause,
    });
  }
}
