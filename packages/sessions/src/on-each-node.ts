import { isPgMigError, PgMigError, wordsOf } from "@pg-mig/model";
import { isBug } from "./server-error.js";

/** On how many nodes at a time something happens that happens once per node. */
export const nodesAtATime = 64;

/** What an error calls a node, be it found only, or open. */
type Labelled = { readonly label: string } | { readonly node: { readonly label: string } };

/**
 * Runs something for each node, and tells the errors of all nodes at once.
 *
 * @throws PgMigError the error of the one node that failed, or `CLUSTER_UNREACHABLE` with a problem
 * for each.
 */
export async function onEachNode<N extends Labelled, T>(
  nodes: readonly N[],
  run: (node: N) => Promise<T>,
): Promise<T[]> {
  const start = nodes.length > nodesAtATime ? await startInTurn() : startAtOnce;
  const results = await Promise.allSettled(nodes.map((node) => start(() => run(node))));
  const failures = results.flatMap((result, i) => {
    if (result.status === "fulfilled") {
      return [];
    }
    const node = nodes[i];
    const label = node === undefined ? "" : "node" in node ? node.node.label : node.label;
    return [onNode(label, nodeError(label, result.reason), nodes.length)];
  });
  const [first] = failures;
  if (first === undefined) {
    return results.map((result) => (result as { value: T }).value);
  }
  if (failures.length === 1) {
    throw first;
  }
  throw new PgMigError(`${failures.length} of ${nodes.length} nodes cannot be used.`, {
    code: "CLUSTER_UNREACHABLE",
    problems: failures.flatMap(({ message, hint, where, problems }) =>
      problems.length > 0 ? problems : [{ message, hint, where }],
    ),
    cause: first,
  });
}

type Start = <T>(work: () => Promise<T>) => Promise<T>;

const startAtOnce: Start = async (work) => work();

async function startInTurn(): Promise<Start> {
  // Most clusters have fewer nodes, and need none.
  const { default: PQueue } = await import("p-queue");
  const queue = new PQueue({ concurrency: nodesAtATime });
  return (work) => queue.add(work);
}

/**
 * An error with the node that it came from: many nodes have shards of the same name. The message
 * names it if there are several nodes and it does not yet.
 */
function onNode(node: string, error: PgMigError, nodes: number): PgMigError {
  const { code, hint } = error;
  const naming = (message: string) =>
    nodes === 1 || message.includes(node) ? message : `On ${node}: ${message}`;
  const problems = error.problems.map((problem) => ({
    ...problem,
    message: naming(problem.message),
    where: { node, ...problem.where },
  }));
  const where = { node, ...error.where };
  return new PgMigError(naming(error.message), { code, hint, where, problems, cause: error });
}

/** An error of a server or its connection, as the user's; anything else is thrown on. */
export function nodeError(node: string, reason: unknown): PgMigError {
  if (isPgMigError(reason)) {
    return reason;
  }
  if (isBug(reason)) {
    throw reason;
  }
  const message = wordsOf(reason);
  return new PgMigError(`${node} could not be read: ${message}.`, {
    code: "NODE_UNREADABLE",
    hint: "Look into the server's log. Nothing was changed there by this.",
    where: { node },
    cause: reason,
  });
}
