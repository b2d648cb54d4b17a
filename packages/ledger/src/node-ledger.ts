import { equals, isPgMigError, PgMigError, quoteLiteral } from "@pg-mig/model";
import {
  parseConstFunctionBody,
  renderConstFunctionBody,
  storeConstFunctionSql,
} from "./const-function.js";
import { EntryPool, parseShardLedger, type ShardLedger } from "./shard-ledger.js";

/** What a node remembers: the ledgers of its shards, and the two values of the whole node. */
export interface NodeLedger {
  /** All schemas of the node but PostgreSQL's own and `debug_*`, by name in code-unit order. */
  readonly shards: readonly ShardLedger[];
  /** `public.mig_digest_const()`; `undefined`: none. */
  readonly digest: string | undefined;
  /** `public.mig_rerun_fingerprint_const()`; `undefined`: none. Empty: the last run did not finish. */
  readonly fingerprint: string | undefined;
}

/** A row of {@link nodeLedgerSql}, as any driver gives it. */
export interface NodeLedgerRow {
  /** The function; `null`: these schemas have none. */
  readonly name: string | null;
  readonly stored: string | null;
  /** Those in which the function has this text. */
  readonly schemas: readonly (readonly [schema: string, oid: number])[];
}

/**
 * The one query that reads all ledgers of a node, a row per function and text: most shards have the same one.
 * It executes none of the functions: a call may answer from a stale plan, and takes seven times as long
 * for thousands of shards. It means the same under any `search_path`.
 */
export const nodeLedgerSql = ledgerSql("");

/** Of the schemas that a condition on `n` is true for. */
function ledgerSql(condition: string): string {
  return `SELECT p.proname AS name, p.prosrc AS stored,
pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, n.oid::pg_catalog.int8)) AS schemas
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_proc p ON p.pronamespace ${equals} n.oid AND p.proargtypes ${equals} ''::pg_catalog.oidvector
AND p.proname ${equals} ANY ('{mig_versions_const,mig_digest_const,mig_rerun_fingerprint_const}'::pg_catalog.name[])
WHERE n.nspname OPERATOR(pg_catalog.!~) '^(pg_|debug_)'::pg_catalog.text
AND n.nspname OPERATOR(pg_catalog.<>) 'information_schema'::pg_catalog.name${condition}
GROUP BY p.proname, p.prosrc`;
}

/** Tells the rows of {@link nodeLedgerSql} from others that came with them. */
export function isNodeLedgerRow(row: object): row is NodeLedgerRow {
  return "name" in row && "stored" in row && "schemas" in row;
}

/** Reads the rows of {@link nodeLedgerSql} as they come, and keeps of them what they say alone. */
export class NodeLedgerReader {
  readonly #pool: EntryPool;
  readonly #before: readonly ShardLedger[];
  readonly #shardsBefore: ReadonlyMap<string, ShardLedger>;
  readonly #shards = new Map<string, ShardLedger>();
  readonly #ofNode = new Map<string, string | undefined>();
  readonly #unreadable = new Map<string, unknown>();

  /**
   * Give the readers of several nodes one pool. What has not changed since the node was read `before` is the very
   * same object again.
   */
  constructor(pool = new EntryPool(), before?: Pick<NodeLedger, "shards">) {
    this.#pool = pool;
    this.#before = before?.shards ?? [];
    this.#shardsBefore = new Map(this.#before.map((ledger) => [ledger.shard, ledger]));
  }

  /** Never throws. */
  add({ name, stored, schemas }: NodeLedgerRow): void {
    const isLedger = name === "mig_versions_const";
    const text = isLedger ? (stored ?? "") : undefined;
    // The same text is read once.
    let read: ShardLedger | undefined;
    for (const [schema, schemaOid] of schemas) {
      if (isLedger || !this.#shards.has(schema)) {
        try {
          const before = this.#shardsBefore.get(schema);
          const shard = before?.shard ?? schema;
          read ??= parseShardLedger({ shard, schemaOid, stored: text }, this.#pool);
          const { entries, storedHash } = read;
          const ledger = { shard, schemaOid, entries, storedHash };
          this.#shards.set(shard, isSame(before, ledger) ? before : ledger);
        } catch (error) {
          this.#unreadable.set(schema, error);
        }
      }
      if (name !== null && schema === "public") {
        this.#ofNode.set(name, parseConstFunctionBody(stored ?? "")?.value);
      }
    }
  }

  /**
   * What all rows said.
   *
   * @throws PgMigError `LEDGER_UNREADABLE` if a ledger holds no list of versions: the error of the
   * shard with the first name, or one that names several.
   */
  end(): NodeLedger {
    const unreadable = [...this.#unreadable.keys()].sort();
    const [first] = unreadable;
    if (first !== undefined) {
      throw unreadableError(unreadable, this.#unreadable.get(first));
    }
    const shards = [...this.#shards.values()].sort((a, b) => (a.shard < b.shard ? -1 : 1));
    return {
      shards: hasSameItems(this.#before, shards) ? this.#before : shards,
      digest: this.#ofNode.get("mig_digest_const"),
      fingerprint: this.#ofNode.get("mig_rerun_fingerprint_const"),
    };
  }
}

function isSame(before: ShardLedger | undefined, now: ShardLedger): before is ShardLedger {
  return before?.schemaOid === now.schemaOid && before.storedHash === now.storedHash;
}

function hasSameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** How many shards an error names. */
const namedShards = 5;

/** `first` is the error of the first of the shards. */
function unreadableError(shards: readonly string[], first: unknown): unknown {
  if (shards.length === 1 || !isPgMigError(first)) {
    return first;
  }
  const { code, hint, where } = first;
  const names = shards.slice(0, namedShards).map((shard) => `"${shard}"`);
  const hidden = shards.length - names.length;
  const more = hidden === 0 ? "" : ` and ${hidden} more`;
  return new PgMigError(
    `The ledgers of ${shards.length} shards, functions mig_versions_const(), hold no list of versions: ${names.join(", ")}${more}.`,
    { code, hint, where, cause: first },
  );
}

/**
 * Reads the rows of {@link nodeLedgerSql}, all at once.
 *
 * @throws PgMigError `LEDGER_UNREADABLE`, as {@link NodeLedgerReader}
 */
export function parseNodeLedger(rows: readonly NodeLedgerRow[]): NodeLedger {
  const reader = new NodeLedgerReader();
  for (const row of rows) {
    reader.add(row);
  }
  return reader.end();
}

/** What {@link readNodeLedger} needs: a `pg.Client`, or anything that runs SQL text likewise. */
export interface LedgerClient {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * Reads all ledgers of the database that `client` is connected to, in one query. Where they are
 * thousands, a {@link NodeLedgerReader} that gets the rows one by one takes less memory.
 *
 * @throws PgMigError `LEDGER_UNREADABLE`, as {@link parseNodeLedger}
 * @example
 * const { shards } = await readNodeLedger(client);
 * for (const { shard, entries } of shards) console.log(shard, entries.at(-1)?.version);
 */
export async function readNodeLedger(client: LedgerClient): Promise<NodeLedger> {
  const { rows } = await client.query(nodeLedgerSql);
  return parseNodeLedger(rows as readonly NodeLedgerRow[]);
}

/**
 * Reads the ledger of one shard; `undefined`: there is no such schema.
 *
 * @throws PgMigError `LEDGER_UNREADABLE`
 */
export async function readShardLedger(
  client: LedgerClient,
  shard: string,
): Promise<ShardLedger | undefined> {
  const { rows } = await client.query(
    ledgerSql(`\nAND n.nspname ${equals} ${quoteLiteral(shard)}::pg_catalog.name`),
  );
  return parseNodeLedger(rows as readonly NodeLedgerRow[]).shards[0];
}

/** Renders the statements that store the node's digest, to be run in a transaction. */
export function storeDigestSql(digest: string): string[] {
  return storeConstFunctionSql(
    "public",
    "mig_digest_const",
    renderConstFunctionBody({ value: digest }),
  );
}

/** Renders the statements that store the node's rerun fingerprint, to be run in a transaction. */
export function storeFingerprintSql(fingerprint: string): string[] {
  const stored = renderConstFunctionBody({ value: fingerprint });
  return storeConstFunctionSql("public", "mig_rerun_fingerprint_const", stored);
}
