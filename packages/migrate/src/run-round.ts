import { type RunChainsOptions, runChains, runHook } from "@pg-mig/executor";
import type { ShardLedger } from "@pg-mig/ledger";
import type { Chain } from "@pg-mig/planner";
import { type OpenShard, openShard } from "@pg-mig/sessions";
import { abandonChains } from "./abandon-chains.js";
import { chainsOf } from "./chains-of.js";
import type { CommitServers } from "./commit-servers.js";
import { createLedgerRecorder } from "./ledger-recorder.js";
import type { PreparedRun } from "./prepare-run.js";
import { refuseUnguarded } from "./refuse-unguarded.js";

export interface RunRoundOptions
  extends Omit<RunChainsOptions<ShardLedger>, "recorder" | "stepScript" | "onCommit"> {
  /** Told on which servers versions were committed. */
  readonly commits: CommitServers;
}

/**
 * Runs before.sql, the chains, after.sql. Returns whether it came to its end, with before.sql and
 * after.sql done everywhere; what failed, chains included, is told by events. If before.sql fails,
 * nothing else starts; after.sql runs also if a chain failed.
 */
export async function runRound(
  chains: readonly Chain<OpenShard>[],
  { kind, cluster, files }: Pick<PreparedRun, "kind" | "cluster" | "files">,
  options: RunRoundOptions,
): Promise<boolean> {
  const { emit, signal, pause, commits } = options;
  const nodes = cluster.nodes.map(({ node }) => node);
  const runHookNamed = async (name: "before.sql" | "after.sql"): Promise<boolean> => {
    const hook = files.hooks.find(({ file }) => file === name);
    return hook === undefined || runHook(nodes, hook, options);
  };
  if (pause?.aborted && chains.length > 0) {
    abandonChains(chains, "paused", emit);
    return true;
  }
  await files.load(chains.flatMap(({ pending }) => pending));
  refuseUnguarded(chains, { cluster, files });
  if (!(await runHookNamed("before.sql")) || signal.aborted) {
    abandonChains(chains, signal.aborted ? "interrupted" : "hook-failed", emit);
    return false;
  }
  await runChains(chains, {
    ...options,
    recorder: createLedgerRecorder({
      action: kind.action,
      checksum: (version) => files.get(version).checksum,
      replan: (ledger, node) => {
        const [chain] = chainsOf(kind.plan([openShard(node, ledger)]));
        return files.ensureLoaded(chain?.pending ?? []);
      },
    }),
    stepScript: (version) => files.get(version),
    onCommit: (node, serverStartedAt) => commits.add(node, serverStartedAt),
  });
  return !signal.aborted && (await runHookNamed("after.sql"));
}
