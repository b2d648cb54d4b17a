import type { StepRecorder } from "@pg-mig/executor";
import {
  checkStoredSql,
  isNotStored,
  type LedgerEntry,
  ledgerEntry,
  prepareTakeSql,
  readShardLedger,
  refusedEventTriggers,
  refuseEventTriggersSql,
  type ShardLedger,
  shardHoldersSql,
  storeLedgerSql,
  takeFailure,
  takePreparedSql,
  takeShardSql,
  withEntries,
  withEntry,
} from "@pg-mig/ledger";
import { PgMigError } from "@pg-mig/model";
import type { SessionNode } from "@pg-mig/sessions";

export interface LedgerRecorderOptions {
  /** What a version that is done does to a ledger. */
  readonly action: "apply" | "undo";
  /** The SHA-256, in hex, of the file of a version that is applied. */
  readonly checksum: (version: string) => string;
  /** Plans anew what a shard of a node has to run. @throws PgMigError if its ledger does not fit the disk. */
  readonly replan: (ledger: ShardLedger, node: SessionNode) => readonly string[];
}

/** The SQLSTATEs of what exists already: a schema, a table, a column, another object, a function. */
const duplicates = new Set(["42P06", "42P07", "42701", "42710", "42723"]);

/** Lets the executor guard and record versions in the ledgers of `@pg-mig/ledger`. */
export function createLedgerRecorder({
  action,
  checksum,
  replan,
}: LedgerRecorderOptions): StepRecorder<ShardLedger> {
  // Thousands of shards have the same entries, and get the same one in the same second.
  const applied = new WeakMap<
    readonly LedgerEntry[],
    { second: number; after: readonly LedgerEntry[] }
  >();
  const apply = (entries: readonly LedgerEntry[], version: string): readonly LedgerEntry[] => {
    const nowMs = Date.now();
    const second = Math.floor(nowMs / 1000);
    const known = applied.get(entries);
    if (known?.second === second && known.after.at(-1)?.version === version) {
      return known.after;
    }
    const after = withEntry(entries, ledgerEntry(version, checksum(version), new Date(nowMs)));
    applied.set(entries, { second, after });
    return after;
  };
  return {
    takeSql: takeShardSql,
    eventTriggers: { refuseSql: refuseEventTriggersSql, isRefused: refusedEventTriggers },
    prepared: { sql: prepareTakeSql(), takeSql: takePreparedSql },
    takeFailure,
    checkSql: (ledger) => [checkStoredSql(ledger)],
    isNotStored,
    holdersSql: ({ shard }) => shardHoldersSql(shard),
    refusalHint: ({ storedHash }, { sqlState = "" }) =>
      action === "apply" && storedHash === undefined && duplicates.has(sqlState)
        ? "The shard has no ledger: if it was made without pg-mig, run pg-mig adopt first."
        : undefined,
    record(ledger, version) {
      const entries =
        action === "apply"
          ? apply(ledger.entries, version)
          : ledger.entries.filter((entry) => entry.version !== version);
      const after = withEntries(ledger, entries);
      return { sql: storeLedgerSql(ledger.shard, entries), ledger: after };
    },
    async replan(client, before, node) {
      const { shard } = before;
      const ledger = await readShardLedger(client, shard);
      if (ledger !== undefined) {
        const changed =
          ledger.storedHash !== before.storedHash || ledger.schemaOid !== before.schemaOid;
        return { ledger, pending: replan(ledger, node), changed };
      }
      throw new PgMigError(`Shard "${shard}" was dropped or renamed during the run.`, {
        code: "SHARD_DROPPED",
        hint: "If that was meant, there is nothing to do: the next run does not see it.",
      });
    },
  };
}
