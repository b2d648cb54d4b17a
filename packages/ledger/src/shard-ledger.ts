import { hash } from "node:crypto";
import { PgMigError } from "@pg-mig/model";
import {
  jsonForComment,
  parseConstFunctionBody,
  renderEscapedBody,
  storeConstFunctionSql,
  textForLiteral,
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
   * The SHA-256, in hex, of the stored text (`pg_proc.prosrc`) that the entries were read from;
   * `undefined`: the shard has no ledger yet. {@link takeShardSql} compares it, so that a plan is
   * never applied to a ledger that changed since.
   */
  readonly storedHash: string | undefined;
}

/** A shard and the stored text of its ledger; `undefined`: it has none. */
export interface StoredLedger extends Pick<ShardLedger, "shard" | "schemaOid"> {
  readonly stored: string | undefined;
}

/** The digits of a checksum that the ledger keeps: 64 bits tell an edited file. */
const checksumDigits = 16;

/**
 * Keeps one of what is read many times: thousands of shards have the same versions, applied in the
 * same seconds. With it, memory hardly grows with the number of shards.
 */
export class EntryPool {
  readonly #entries = new Map<string, Map<string | undefined, LedgerEntry>>();
  readonly #lists = new Map<string, readonly LedgerEntry[]>();

  /** The list that was read from a text with this hash, or that `read` reads now. */
  list(storedHash: string, read: () => readonly LedgerEntry[]): readonly LedgerEntry[] {
    let list = this.#lists.get(storedHash);
    if (list === undefined) {
      list = read();
      this.#lists.set(storedHash, list);
    }
    return list;
  }

  /** The entry of a version; `applied` is what the details say of it. */
  entry(version: string, applied: string | undefined): LedgerEntry {
    let ofVersion = this.#entries.get(version);
    if (ofVersion === undefined) {
      ofVersion = new Map();
      this.#entries.set(version, ofVersion);
    }
    let entry = ofVersion.get(applied);
    if (entry === undefined) {
      entry = { version, ...parseApplied(applied) };
      ofVersion.set(applied, entry);
    }
    return entry;
  }
}

/** One list for all shards that have nothing: what follows from a list is kept with it. */
const noEntries: readonly LedgerEntry[] = [];

/**
 * Reads the ledger of a shard from the stored text of `mig_versions_const()`.
 *
 * @throws PgMigError `LEDGER_UNREADABLE` if the text is not the constant function that this tool
 * and pg-mig 2.x write, or holds no list of names.
 */
export function parseShardLedger(
  { shard, schemaOid, stored }: StoredLedger,
  pool = new EntryPool(),
): ShardLedger {
  if (stored === undefined) {
    return { shard, schemaOid, entries: noEntries, storedHash: undefined };
  }
  const storedHash = sha256(stored);
  const entries = pool.list(storedHash, () => parseEntries(shard, stored, pool));
  return { shard, schemaOid, entries, storedHash };
}

/** The same shard with other entries, as it is when {@link storeLedgerSql} has stored them. */
export function withEntries(ledger: ShardLedger, entries: readonly LedgerEntry[]): ShardLedger {
  const { shard, schemaOid } = ledger;
  return { shard, schemaOid, entries, storedHash: textOf(entries).storedHash };
}

function parseEntries(shard: string, stored: string, pool: EntryPool): readonly LedgerEntry[] {
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
  const applied = parseLedgerDetails(body?.details);
  return versions.map((version, i) => pool.entry(version, applied[i]));
}

/** The same entries and one more. What is stored of them is made from what is stored of the others. */
export function withEntry(
  entries: readonly LedgerEntry[],
  entry: LedgerEntry,
): readonly LedgerEntry[] {
  const longer = [...entries, entry];
  textsOfLists.set(longer, toText(addEntry(textOf(entries), entry)));
  return longer;
}

/** Renders the text that {@link storeLedgerSql} leaves in `pg_proc.prosrc`. */
export function renderShardLedger(entries: readonly LedgerEntry[]): string {
  return textOf(entries).stored;
}

/**
 * Renders the statements that store the ledger of a shard, to be run in the transaction of the
 * version that changes it.
 */
export function storeLedgerSql(shard: string, entries: readonly LedgerEntry[]): string[] {
  return storeConstFunctionSql(shard, "mig_versions_const", textOf(entries).stored);
}

/** A ledger entry for a version that is being applied now. */
export function ledgerEntry(version: string, checksum: string, appliedAt: Date): LedgerEntry {
  return {
    version,
    checksum: checksum.slice(0, checksumDigits),
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

/** The insides of the two arrays that are stored, as they are stored. */
interface LedgerParts {
  readonly names: string;
  /**
   * Aligned with the names: `<checksum> <applied at>`, or null where that is unknown. One string an entry
   * keeps the function small.
   */
  readonly applied: string;
  readonly hasDetails: boolean;
}

/** What is stored, and its parts, to which the next entry is added. */
interface LedgerText extends LedgerParts {
  /** What `pg_proc.prosrc` holds. */
  readonly stored: string;
  readonly storedHash: string;
}

/** Lists do not change, and thousands of shards share one. */
const textsOfLists = new WeakMap<readonly LedgerEntry[], LedgerText>();

function textOf(entries: readonly LedgerEntry[]): LedgerText {
  let text = textsOfLists.get(entries);
  if (text === undefined) {
    text = toText(entries.reduce(addEntry, { names: "", applied: "", hasDetails: false }));
    textsOfLists.set(entries, text);
  }
  return text;
}

function addEntry(
  { names, applied, hasDetails }: LedgerParts,
  { version, checksum, appliedAt }: LedgerEntry,
): LedgerParts {
  const comma = names === "" ? "" : ",";
  const detail = checksum === undefined ? null : [checksum, appliedAt].filter(Boolean).join(" ");
  return {
    names: `${names}${comma}${textForLiteral(JSON.stringify(version))}`,
    applied: `${applied}${comma}${jsonForComment(JSON.stringify(detail))}`,
    hasDetails: hasDetails || checksum !== undefined,
  };
}

function toText({ names, applied, hasDetails }: LedgerParts): LedgerText {
  const beforeApplied = '{"applied":[';
  const details = hasDetails ? `${beforeApplied}${applied}]}` : undefined;
  const stored = renderEscapedBody(`[${names}]`, details);
  const storedHash = sha256(stored);
  // The hash has put `stored` together. Pieces of it spare the next text the thousands that these were made of.
  const namesAt = stored.indexOf("[") + 1;
  const appliedAt = stored.indexOf(beforeApplied, namesAt + names.length) + beforeApplied.length;
  return {
    stored,
    storedHash,
    names: stored.slice(namesAt, namesAt + names.length),
    applied: hasDetails ? stored.slice(appliedAt, appliedAt + applied.length) : applied,
    hasDetails,
  };
}

function parseVersionList(value: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((name) => typeof name === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}

/** What the comment says of each version; anything but what this tool writes is nothing. */
function parseLedgerDetails(details: unknown): (string | undefined)[] {
  if (typeof details !== "object" || details === null || !("applied" in details)) {
    return [];
  }
  if (!Array.isArray(details.applied)) {
    return [];
  }
  return details.applied.map((text: unknown) => (typeof text === "string" ? text : undefined));
}

function parseApplied(applied: string | undefined): Omit<LedgerEntry, "version"> {
  const match = applied === undefined ? null : /^([0-9a-f]{16})(?: (\S+))?$/.exec(applied);
  return match === null ? {} : { checksum: match[1], appliedAt: match[2] };
}

function sha256(text: string): string {
  return hash("sha256", text, "hex");
}
