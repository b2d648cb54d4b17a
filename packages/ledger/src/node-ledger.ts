import { parseConstFunctionBody, storeConstFunctionSql } from "./const-function.js";
import { quoteLiteral } from "./quote.js";
import { parseShardLedger, type ShardLedger } from "./shard-ledger.js";

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
  readonly schema: string;
  readonly oid: number;
  readonly name: string | null;
  readonly stored: string | null;
}

/**
 * The one query that reads all ledgers of a node, a row per schema and function. It executes none
 * of the functions: a call may answer from a stale plan, and takes seven times as long for
 * thousands of shards.
 */
export const nodeLedgerSql = `SELECT n.nspname AS schema, n.oid, p.proname AS name, p.prosrc AS stored
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proargtypes = ''
AND p.proname IN ('mig_versions_const', 'mig_digest_const', 'mig_rerun_fingerprint_const')
WHERE n.nspname !~ '^(pg_|debug_)' AND n.nspname <> 'information_schema'`;

/**
 * Reads the rows of {@link nodeLedgerSql}.
 *
 * @throws PgMigError `LEDGER_UNREADABLE` naming the first shard whose ledger holds no list of
 * versions.
 */
export function parseNodeLedger(rows: readonly NodeLedgerRow[]): NodeLedger {
  const stored = new Map<string, Omit<ShardLedger, "entries">>();
  const ofNode = new Map<string, string | undefined>();
  for (const { schema, oid, name, stored: text } of rows) {
    if (name === "mig_versions_const" || !stored.has(schema)) {
      const body = name === "mig_versions_const" ? (text ?? "") : undefined;
      stored.set(schema, { shard: schema, schemaOid: oid, stored: body });
    }
    if (name !== null && schema === "public") {
      ofNode.set(name, parseConstFunctionBody(text ?? "")?.value);
    }
  }
  const shards = [...stored.values()]
    .sort((a, b) => (a.shard < b.shard ? -1 : 1))
    .map(parseShardLedger);
  return {
    shards,
    digest: ofNode.get("mig_digest_const"),
    fingerprint: ofNode.get("mig_rerun_fingerprint_const"),
  };
}

/** What {@link readNodeLedger} needs: a `pg.Client`, or anything that runs SQL text likewise. */
export interface LedgerClient {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * Reads all ledgers of the database that `client` is connected to, in one query.
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
  const { rows } = await client.query(`${nodeLedgerSql} AND n.nspname = ${quoteLiteral(shard)}`);
  return parseNodeLedger(rows as readonly NodeLedgerRow[]).shards[0];
}

/** Renders the statements that store the node's digest, to be run in a transaction. */
export function storeDigestSql(digest: string): string[] {
  return storeConstFunctionSql("public", "mig_digest_const", { value: digest });
}

/** Renders the statements that store the node's rerun fingerprint, to be run in a transaction. */
export function storeFingerprintSql(fingerprint: string): string[] {
  return storeConstFunctionSql("public", "mig_rerun_fingerprint_const", { value: fingerprint });
}
