import { PgMigError } from "@pg-mig/errors";
import {
  parseConstFunctionBody,
  renderConstFunctionBody,
  storeConstFunctionSql,
} from "./const-function.js";

/** One applied version, as the ledger of a shard remembers it. */
export interface LedgerEntry {
  /** The version's name, `<timestamp>.<title>.<prefix>`. */
  readonly version: string;
  /**
   * The first 16 hex digits of the SHA-256 of the file that was applied. `undefined`: unknown, as
   * for versions that another tool applied.
   */
  readonly checksum?: string | undefined;
  /** When it was applied, in ISO 8601, UTC. `undefined`: unknown. */
  readonly appliedAt?: string | undefined;
}

/** The ledger of one shard: what is applied to it, oldest first. */
export interface ShardLedger {
  readonly shard: string;
  /** The `oid` of the schema: one that was dropped and made anew is not the same shard. */
  readonly schemaOid: number;
  readonly entries: readonly LedgerEntry[];
  /**
   * The stored text (`pg_proc.prosrc`) that the entries were read from; `undefined`: the shard has
   * no ledger yet. {@link takeShardSql} compares it, so that a plan is never applied to a ledger
   * that changed since.
   */
  readonly stored: string | undefined;
}

/** The digits of a checksum that the ledger keeps: 64 bits tell an edited file. */
const CHECKSUM_DIGITS = 16;

/** What the comment behind the version list holds. One string an entry keeps the function small. */
interface LedgerDetails {
  /** Aligned with the version list: `<checksum> <applied at>`, or null where that is unknown. */
  readonly applied: readonly (string | null)[];
}

/**
 * Reads the ledger of a shard from the stored text of `mig_versions_const()`.
 *
 * @throws PgMigError `LEDGER_UNREADABLE` if the text is not the constant function that this tool
 * and pg-mig 2.x write, or holds no list of names.
 */
export function parseShardLedger(source: Omit<ShardLedger, "entries">): ShardLedger {
  const { shard, stored } = source;
  if (stored === undefined) return { ...source, entries: [] };
  const body = parseConstFunctionBody(stored);
  const versions = body === undefined ? undefined : parseVersionList(body.value);
  if (versions === undefined) {
    throw new PgMigError(
      `The ledger of shard "${shard}", function mig_versions_const(), holds no list of versions.`,
      {
        code: "LEDGER_UNREADABLE",
        hint: `Look at it with \\sf and restore it as: SELECT '["version1","version2"]'; (a JSON array of names, oldest first).`,
        where: { shard },
      },
    );
  }
  const details = parseLedgerDetails(body?.details);
  const entries = versions.map((version, i) => ({ version, ...details[i] }));
  return { ...source, entries };
}

/** Renders the text that {@link storeLedgerSql} leaves in `pg_proc.prosrc`. */
export function renderShardLedger(entries: readonly LedgerEntry[]): string {
  return renderConstFunctionBody(ledgerBody(entries));
}

/**
 * Renders the statements that store the ledger of a shard, to be run in the transaction of the
 * version that changes it.
 */
export function storeLedgerSql(shard: string, entries: readonly LedgerEntry[]): string[] {
  return storeConstFunctionSql(shard, "mig_versions_const", ledgerBody(entries));
}

/** A ledger entry for a version that is being applied now. */
export function ledgerEntry(version: string, checksum: string, appliedAt: Date): LedgerEntry {
  return {
    version,
    checksum: checksum.slice(0, CHECKSUM_DIGITS),
    appliedAt: `${appliedAt.toISOString().slice(0, 19)}Z`,
  };
}

/**
 * The versions whose file is not the one that was applied: their checksum is known and differs.
 * `checksums` maps a version's name to the SHA-256 of its file, in hex.
 */
export function editedVersions(
  entries: readonly LedgerEntry[],
  checksums: ReadonlyMap<string, string>,
): string[] {
  return entries
    .filter(({ version, checksum }) => {
      const onDisk = checksums.get(version);
      return checksum !== undefined && onDisk !== undefined && !onDisk.startsWith(checksum);
    })
    .map(({ version }) => version);
}

function ledgerBody(entries: readonly LedgerEntry[]) {
  const value = JSON.stringify(entries.map(({ version }) => version));
  if (entries.every(({ checksum }) => checksum === undefined)) return { value };
  const details: LedgerDetails = {
    applied: entries.map(({ checksum, appliedAt }) =>
      checksum === undefined ? null : [checksum, appliedAt].filter(Boolean).join(" "),
    ),
  };
  return { value, details };
}

function parseVersionList(value: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((name) => typeof name === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}

function parseLedgerDetails(details: unknown): Omit<LedgerEntry, "version">[] {
  if (typeof details !== "object" || details === null || !("applied" in details)) return [];
  if (!Array.isArray(details.applied)) return [];
  return details.applied.map((entry: unknown) => {
    const match = typeof entry === "string" ? /^([0-9a-f]{16})(?: (\S+))?$/.exec(entry) : null;
    return match === null ? {} : { checksum: match[1], appliedAt: match[2] };
  });
}
