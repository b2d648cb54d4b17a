import { createHash } from "node:crypto";

/** A ledger as the plain client knows it: the state after some versions, the same for many shards. */
export interface PlainLedger {
  /** How many versions it has, and which is the last. */
  readonly length: number;
  readonly last: string | undefined;
  /** The inside of the two arrays that the stored text holds. */
  readonly names: string;
  readonly applied: string;
  /** What `pg_proc.prosrc` holds, as pg-mig writes it; `undefined`: there is no ledger. */
  readonly stored: string | undefined;
  /** The SHA-256 of `stored`, in hex. */
  readonly hash: string | undefined;
}

/** Of a shard without versions. */
export const emptyLedger: PlainLedger = {
  length: 0,
  last: undefined,
  names: "",
  applied: "",
  stored: undefined,
  hash: undefined,
};

/**
 * Reads what pg-mig or the plain client stored. Throws at anything else, and if it does not hold the first
 * of these versions, in this order.
 */
export function readPlainLedger(
  stored: string | null,
  expected: readonly { readonly name: string }[],
): PlainLedger {
  if (stored === null) {
    return emptyLedger;
  }
  const match = /^ SELECT '\[(.+)\]'; \/\* pg-mig \{"applied":\[(.+)\]\} \*\/ $/.exec(stored);
  const [, names, applied] = match ?? [];
  if (names === undefined || applied === undefined) {
    throw new Error(`This is no ledger that pg-mig wrote: ${stored}`);
  }
  const versions: string[] = JSON.parse(`[${names}]`);
  if (versions.some((version, i) => version !== expected[i]?.name)) {
    throw new Error(`These are not the first of the versions to apply: ${names}`);
  }
  const { length } = versions;
  return { length, last: versions.at(-1), names, applied, stored, hash: sha256(stored) };
}

/** Makes the next state of a ledger. Shards in the same state share it for as long as a second lasts. */
export class LedgerSteps {
  readonly #next = new Map<PlainLedger, PlainLedger>();
  #at = "";

  /** `checksum`: the SHA-256 of the version's file, in hex. */
  after(
    ledger: PlainLedger,
    { name, checksum }: { readonly name: string; readonly checksum: string },
    at: string,
  ): PlainLedger {
    if (at !== this.#at) {
      this.#at = at;
      this.#next.clear();
    }
    const known = this.#next.get(ledger);
    if (known?.last === name) {
      return known;
    }
    const comma = ledger.length === 0 ? "" : ",";
    const names = `${ledger.names}${comma}"${name}"`;
    const applied = `${ledger.applied}${comma}"${checksum.slice(0, 16)} ${at}"`;
    const stored = ` SELECT '[${names}]'; /* pg-mig {"applied":[${applied}]} */ `;
    const length = ledger.length + 1;
    const made = { length, last: name, names, applied, stored, hash: sha256(stored) };
    this.#next.set(ledger, made);
    return made;
  }
}

/** Stores the ledger of a shard, in the transaction of the version that changed it. */
export function storeLedgerSql(shard: string, { stored }: PlainLedger): string {
  return (
    `RESET SESSION AUTHORIZATION; SET LOCAL search_path TO ${shard}; ` +
    `SET LOCAL check_function_bodies TO off; CREATE OR REPLACE FUNCTION ${shard}.mig_versions_const() ` +
    `RETURNS pg_catalog.text LANGUAGE sql SET search_path FROM CURRENT AS $$${stored}$$`
  );
}

/** In hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
