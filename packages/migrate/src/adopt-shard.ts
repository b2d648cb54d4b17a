import { attemptStep, type StepRecorder, type StepScript } from "@pg-mig/executor";
import { type LedgerEntry, type ShardLedger, storeLedgerSql, withEntries } from "@pg-mig/ledger";
import type { MigrationDirectory } from "@pg-mig/migrations";
import { PgMigError, type Place } from "@pg-mig/model";
import { parseScript } from "@pg-mig/psql-script";
import {
  type AskPatientlyOptions,
  askPatiently,
  isBug,
  type OpenShard,
  pause,
  placeOf,
} from "@pg-mig/sessions";
import { createLedgerRecorder } from "./ledger-recorder.js";

export interface AdoptShardOptions extends AskPatientlyOptions {
  readonly recorder: StepRecorder<ShardLedger>;
  readonly lockTimeoutMs: number;
}

/** Why a shard has got no ledger, as far as is known; `undefined`: it has one. */
export interface AdoptedShard {
  readonly error?: unknown;
  /** Why its node was given up. */
  readonly lost?: unknown;
}

/** A version with nothing to run: what is recorded is all. */
const noStep: StepScript = {
  script: parseScript("", { file: "" }),
  limits: {},
  transaction: "wrapped",
  mayRunBeside: "transactions",
  dropFirst: undefined,
  concurrentIndexes: [],
};

/** How often it is looked whether the server has noticed that a connection broke, in milliseconds. */
const lookEveryMs = 500;

/**
 * Writes the ledger of a shard, in one transaction, under the check that it still has none. It begins anew after a
 * connection that broke, and finds out what became of a COMMIT that got no answer.
 */
export async function adoptShard(
  shard: OpenShard,
  version: string,
  { recorder, lockTimeoutMs, ...options }: AdoptShardOptions,
): Promise<AdoptedShard> {
  const { ledger, name, node } = shard;
  const { reconnectForMs, signal } = options;
  const attempt = { shard: name, version, ledger, step: noStep, lockTimeoutMs, recorder };
  const deadlineMs = performance.now() + reconnectForMs;
  let isBroken = false;
  let inDoubt: unknown;
  try {
    return await askPatiently(node, options, async (session): Promise<AdoptedShard> => {
      for (;;) {
        const attempted = await attemptStep(session, { ...attempt, scriptOptions: {} });
        if (attempted.type === "committed") {
          return {};
        }
        if (attempted.type === "failed") {
          return { error: attempted.error };
        }
        if (attempted.type !== "refused") {
          isBroken = true;
          inDoubt = attempted.type === "in-doubt" ? attempted.error : inDoubt;
          throw attempted.error;
        }
        const { reason } = attempted;
        if (reason === "ledger-changed" && inDoubt !== undefined) {
          await session.ready();
          const { ledger: now } = await recorder.replan(session.client, ledger, node);
          return now.entries.at(-1)?.version === version ? {} : { error: inDoubt };
        }
        // The server's side of the connection that broke may have the shard still.
        if (reason === "ledger-changed" || !isBroken || performance.now() >= deadlineMs) {
          return { error: inDoubt ?? refused(placeOf(shard), reason) };
        }
        await pause(lookEveryMs, signal);
      }
    });
  } catch (lost) {
    if (isBug(lost) || signal.aborted) {
      throw lost;
    }
    return { error: inDoubt ?? lost, lost };
  }
}

/** Records a version with all that come before it, as versions that another tool applied: nobody knows when. */
export function adoptingRecorder({ versions }: MigrationDirectory): StepRecorder<ShardLedger> {
  const entriesUpTo = (version: string): readonly LedgerEntry[] => {
    const prefix = versions.find(({ name }) => name === version)?.prefix;
    const onDisk = versions.filter((one) => one.prefix === prefix).map(({ name }) => name);
    return onDisk.slice(0, onDisk.indexOf(version) + 1).map((name) => ({ version: name }));
  };
  // Shards with the same entries share their list.
  const lists = new Map<string, readonly LedgerEntry[]>();
  return {
    ...createLedgerRecorder({ action: "apply", checksum: () => "", replan: () => [] }),
    record(ledger, version) {
      const entries = lists.get(version) ?? entriesUpTo(version);
      lists.set(version, entries);
      const after = withEntries(ledger, entries);
      return { sql: storeLedgerSql(ledger.shard, entries), ledger: after };
    },
  };
}

function refused({ shard }: Place, reason: "shard-taken" | "ledger-changed"): PgMigError {
  return reason === "shard-taken"
    ? new PgMigError(`A run works on shard "${shard}".`, {
        code: "SHARD_TAKEN",
        hint: "Let it end, then adopt again.",
      })
    : new PgMigError(`Shard "${shard}" was dropped, or has a ledger by now.`, {
        code: "LEDGER_CHANGED",
        hint: "It got nothing. Adopt again to see what is left.",
      });
}
