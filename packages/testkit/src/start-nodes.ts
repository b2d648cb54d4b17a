import { join } from "node:path";
import { restoreLinks } from "./binary-links.js";
import { type ClusterGuard, guardCluster } from "./cluster-guard.js";
import { defaultMajor, findPostgresBinaries } from "./postgres-binaries.js";
import { runProgram } from "./run-program.js";
import { type ServerTemplate, serverTemplate } from "./server-template.js";
import { chooseServerUser, type ServerUser } from "./server-user.js";
import { startReplica } from "./start-replica.js";
import { giveSystemIdentifier } from "./system-identifier.js";
import { TestNode, type TestNodeOptions } from "./test-node.js";
import type { TestReplica } from "./test-replica.js";
import { makeClusterDirectory, sharedCacheDirectory } from "./work-directories.js";

export interface StartNodesOptions {
  /** How many nodes. @default 1 */
  readonly count?: number;
  /** PostgreSQL's major version, 14 to 18. @default the variable `PG_MIG_TEST_MAJOR`, else 18 */
  readonly major?: number;
  /** Settings of the servers, as in postgresql.conf; they win over the testkit's own. */
  readonly settings?: Readonly<Record<string, string>>;
  /**
   * Where a freshly made data directory is kept for the next cluster: `shared`, in the system's
   * directory for temporary files, saves about two seconds each time; `none` leaves nothing there.
   *
   * @default "shared"
   */
  readonly cache?: "shared" | "none";
}

export interface ReplicaOptions {
  /** @default the cluster's first node */
  readonly of?: TestNode | undefined;
  /** A proxy before that node, where the replica's own network shall have faults. @default none */
  readonly through?: { readonly host: string; readonly port: number };
}

/** Nodes that are started and stopped together. `await using` stops them, too. */
export interface TestCluster extends AsyncDisposable {
  readonly nodes: readonly TestNode[];
  /** The first node, for tests that need only one. */
  readonly node: TestNode;
  /** A place for files that are to go away with the cluster. */
  readonly directory: string;
  /**
   * Starts a streaming replica of a node, with all that is in it now. It is stopped with the
   * cluster, and not one of `nodes`.
   */
  startReplica(options?: ReplicaOptions): Promise<TestReplica>;
  /** Stops the servers at once and removes their data. */
  stop(): Promise<void>;
}

/**
 * Quick instead of safe: after a crash of the whole machine the data is gone anyway. The rest keeps
 * a node small, so that a test can have several.
 */
const quickSettings: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  fsync: "off",
  full_page_writes: "off",
  shared_buffers: "16MB",
  max_wal_size: "64MB",
  min_wal_size: "8MB",
  max_connections: "200",
  log_line_prefix: "%m [%p] %d ",
};

/**
 * Starts real PostgreSQL servers on 127.0.0.1, each with its own port and an empty database
 * `postgres`. They end when the cluster is stopped, and also when this process ends in any other
 * way, `kill -9` included; their data goes with them.
 *
 * @throws TestkitError `POSTGRES_NOT_INSTALLED`, `NODE_DID_NOT_START`, `NO_UNPRIVILEGED_USER`,
 * `POSTGRES_PROGRAM_FAILED`; nothing is left running then.
 */
export async function startNodes(options: StartNodesOptions = {}): Promise<TestCluster> {
  const { count = 1, major = defaultMajor(process.env), cache = "shared" } = options;
  const binaries = findPostgresBinaries(major);
  await restoreLinks(binaries);
  const user = await chooseServerUser();
  // A cache of its own may hold programs, which may not be run from memory everywhere.
  const directory = await makeClusterDirectory(user, cache === "shared" ? "memory" : "disk");
  const guard = await guardCluster(directory);
  try {
    const shared = cache === "shared" ? await sharedCacheDirectory(user) : undefined;
    const cacheDirectory = shared ?? join(directory, "cache");
    const template = await serverTemplate({ binaries, user, cacheDirectory });
    const settings = { ...quickSettings, ...options.settings };
    const nodeOptions = (name: string) => ({
      major,
      directory: join(directory, name),
      template,
      user,
      settings,
    });
    const nodes = Array.from(
      { length: count },
      (_, index) => new TestNode(nodeOptions(String(index + 1))),
    );
    await allDone(nodes.map((node) => makeNode(node, template, user)));
    return asCluster(nodes, directory, guard, nodeOptions);
  } catch (error) {
    await guard.cleanUp();
    throw error;
  }
}

async function makeNode(node: TestNode, template: ServerTemplate, user: ServerUser | undefined) {
  const { socketDirectory: directory, dataDirectory } = node;
  await runProgram("mkdir", [directory], { user, cwd: "/" });
  await runProgram("cp", ["-R", template.dataDirectory, dataDirectory], { user, cwd: directory });
  await giveSystemIdentifier(dataDirectory);
  await node.start();
}

function asCluster(
  nodes: readonly TestNode[],
  directory: string,
  guard: ClusterGuard,
  nodeOptions: (name: string) => TestNodeOptions,
): TestCluster {
  const [node] = nodes;
  if (node === undefined) {
    throw new RangeError("A cluster has at least one node.");
  }
  const stop = async () => {
    await guard.cleanUp();
    // They are gone, and this process may not have been told yet.
    await allDone(nodes.map((one) => one.stop("immediate")));
  };
  let replicas = 0;
  return {
    nodes,
    node,
    directory,
    startReplica({ of: primary = node, through = primary } = {}) {
      replicas += 1;
      const name = `replica_${replicas}`;
      return startReplica({ ...nodeOptions(name), primary, name, through });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Waits for all, also when one has failed, and then throws the first error. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
