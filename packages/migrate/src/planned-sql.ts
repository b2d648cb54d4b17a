import { type StepMessages, stepMessages } from "@pg-mig/executor";
import type { ShardLedger } from "@pg-mig/ledger";
import { defaults, type Place } from "@pg-mig/model";
import { placeOf } from "@pg-mig/sessions";
import { createLedgerRecorder } from "./ledger-recorder.js";
import type { PreparedRun } from "./prepare-run.js";
import type { RunOptions } from "./run-options.js";

/** What is sent for one version, on the first shard that gets it. */
export interface PlannedSql extends Place {
  readonly version: string;
  /** On how many shards besides: there the names of the schema and the ledger differ. */
  readonly otherShards: number;
  /** The texts, one a message, in order. */
  readonly messages: readonly string[];
  /** The file's part is shown as it stands there: its psql commands decide when it runs. */
  readonly fileAsItStands: boolean;
}

/** Gives the very messages of each version of a prepared run; sends none of them. */
export async function plannedSql(
  { kind, chains, files }: PreparedRun,
  { lockTimeoutMs = defaults.lockTimeoutMs }: Pick<RunOptions, "lockTimeoutMs">,
): Promise<readonly PlannedSql[]> {
  const recorder = createLedgerRecorder({
    action: kind.action,
    checksum: (version) => files.get(version).checksum,
    replan: () => [],
  });
  const shown = new Map<string, Omit<PlannedSql, "otherShards">>();
  const counts = new Map<string, number>();
  for (const { shard, pending } of chains) {
    for (const version of pending) {
      counts.set(version, (counts.get(version) ?? 0) + 1);
    }
    if (pending.every((version) => shown.has(version))) {
      continue;
    }
    let { ledger } = shard;
    for (const version of pending) {
      const step = files.get(version);
      const sent: StepMessages<ShardLedger> = await stepMessages({
        shard: shard.name,
        version,
        ledger,
        step,
        lockTimeoutMs,
        recorder,
      });
      ledger = sent.ledger;
      const { messages, fileAsItStands } = sent;
      if (!shown.has(version)) {
        shown.set(version, { version, ...placeOf(shard), messages, fileAsItStands });
      }
    }
  }
  return [...shown.values()]
    .sort((a, b) => (a.version < b.version ? -1 : 1))
    .map((sql) => ({ ...sql, otherShards: (counts.get(sql.version) ?? 1) - 1 }));
}
