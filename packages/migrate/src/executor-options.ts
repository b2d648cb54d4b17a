import { defaults } from "@pg-mig/model";
import type { RunEvent } from "@pg-mig/report";
import { type OpenCluster, patience } from "@pg-mig/sessions";
import type { RunOptions } from "./run-options.js";
import type { RunRoundOptions } from "./run-round.js";

/** The options of a run as the executor takes them, with the defaults filled in. */
export function executorOptions(
  cluster: OpenCluster,
  options: RunOptions & {
    readonly signal: AbortSignal;
    readonly emit: (event: RunEvent) => void;
  },
): Omit<RunRoundOptions, "commits"> {
  const { emit, signal, pause, stopAt, env, allowShell = false } = options;
  const { parallelism = defaults.parallelism, maxSessions = defaults.maxSessions } = options;
  const { lockTimeoutMs = defaults.lockTimeoutMs } = options;
  const hosts = cluster.nodes.map(({ node }) => node.name).join(",");
  return {
    sessions: cluster.sessions,
    emit,
    signal,
    pause,
    stopAt,
    env: { ...env, PG_MIG_HOSTS: hosts },
    allowShell,
    parallelism,
    maxSessions,
    lockTimeoutMs,
    ...patience(options),
  };
}
