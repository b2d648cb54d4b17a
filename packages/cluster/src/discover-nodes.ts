import { isPgMigError, PgMigError, wordsOf } from "@pg-mig/model";
import type { DiscoveryContext, DiscoverySource } from "./discovery-source.js";
import { withHostAddresses } from "./host-addresses.js";
import { type Node, resolveNodes } from "./node.js";
import type { NodeSpec } from "./node-spec.js";
import { nodeSpecProblem } from "./node-spec-problem.js";
import { withService } from "./with-service.js";

/**
 * Asks all sources, at the same time, and makes nodes of what they found; nothing is connected to.
 *
 * The nodes come out sorted by name, each address once. A source that fails, or gives something
 * that is no node, fails the whole: a cluster is migrated completely or not at all.
 *
 * @throws PgMigError `DISCOVERY_FAILED`, which names the source; `NODES_MISSING` when there is no
 * node at all; the signal's reason when it is aborted.
 */
export async function discoverNodes(
  sources: readonly DiscoverySource[],
  context: DiscoveryContext,
): Promise<Node[]> {
  const specs = await Promise.all(sources.map((source) => askSource(source, context)));
  context.signal.throwIfAborted();
  const complete = await Promise.all(
    specs.flat().map((spec) => withService(spec, context.defaults)),
  );
  const nodes = resolveNodes(withHostAddresses(complete, context.defaults), context.defaults);
  if (nodes.length === 0) {
    const names = sources.map(({ name }) => name).join(", ");
    throw new PgMigError(
      names === "" ? "No node is configured." : `Discovery found no node (asked: ${names}).`,
      { code: "NODES_MISSING", hint: "Name the nodes, host1,host2, in the setting `hosts`." },
    );
  }
  return nodes;
}

async function askSource(source: DiscoverySource, context: DiscoveryContext): Promise<NodeSpec[]> {
  const specs: NodeSpec[] = [];
  try {
    context.signal.throwIfAborted();
    const found = source.discover(context);
    for await (const spec of Symbol.asyncIterator in found ? found : await found) {
      const problem = nodeSpecProblem(spec);
      if (problem !== undefined) {
        throw new Error(problem);
      }
      specs.push(spec);
    }
    return specs;
  } catch (error) {
    context.signal.throwIfAborted();
    throw new PgMigError(`The discovery source "${source.name}" failed: ${reason(error)}`, {
      code: "DISCOVERY_FAILED",
      hint:
        (isPgMigError(error) ? error.hint : undefined) ??
        "Nothing was changed. Fix the source, or name the nodes in the setting `hosts`.",
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  const text = wordsOf(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
