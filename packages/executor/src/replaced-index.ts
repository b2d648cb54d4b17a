import { quoteIdentifier, quoteLiteral } from "@pg-mig/model";
import {
  leadingWords,
  type RunScriptOptions,
  type Script,
  ScriptError,
  toNotice,
} from "@pg-mig/psql-script";
import type { Session } from "@pg-mig/sessions";

/** What has the name of an index that is to be built. */
interface NameHolder {
  /** As `pg_identify_object` gives it: `index`, `table`, `view`, `sequence`, … */
  readonly type: string;
  /** Its name with its schema, quoted where it must be. */
  readonly identity: string;
  /** `null`: it is no index. */
  readonly valid: boolean | null;
  /** The table that the index is on, likewise with its schema. */
  readonly table: string | null;
  readonly partitioned: boolean;
  readonly replicaIdentity: boolean | null;
  /** What cannot do without the index: a constraint, a partitioned index, an extension. */
  readonly neededBy: string | null;
}

const pgClass = "'pg_catalog.pg_class'::pg_catalog.regclass";

/**
 * Renders the query for the one relation that has a name with a schema; no row: none has it. It
 * resolves no function, operator or type through the `search_path`.
 */
function nameHolderSql(name: string): string {
  const identify = (object: string) => `pg_catalog.pg_identify_object(${object})`;
  const described = "SELECT pg_catalog.format('%s %s', o.type, o.identity)";
  return (
    "SELECT o.type, o.identity, i.indisvalid AS valid, t.identity AS table, " +
    "c.relkind OPERATOR(pg_catalog.=) 'I' AS partitioned, " +
    'i.indisreplident AS "replicaIdentity", COALESCE((' +
    `${described} FROM pg_catalog.pg_depend d ` +
    `CROSS JOIN LATERAL ${identify("d.refclassid, d.refobjid, d.refobjsubid")} o ` +
    `WHERE d.classid OPERATOR(pg_catalog.=) ${pgClass} AND d.objid OPERATOR(pg_catalog.=) c.oid ` +
    // A constraint's, a partitioned index's, an extension's.
    "AND d.deptype OPERATOR(pg_catalog.=) ANY ('{i,P,e}'::pg_catalog.\"char\"[]) LIMIT 1), (" +
    `${described} FROM pg_catalog.pg_depend d ` +
    `CROSS JOIN LATERAL ${identify("d.classid, d.objid, d.objsubid")} o ` +
    `WHERE d.refclassid OPERATOR(pg_catalog.=) ${pgClass} ` +
    'AND d.refobjid OPERATOR(pg_catalog.=) c.oid LIMIT 1)) AS "neededBy" ' +
    "FROM pg_catalog.pg_class c " +
    `CROSS JOIN LATERAL ${identify(`${pgClass}, c.oid, 0`)} o ` +
    "LEFT JOIN pg_catalog.pg_index i ON i.indexrelid OPERATOR(pg_catalog.=) c.oid " +
    `LEFT JOIN LATERAL ${identify(`${pgClass}, i.indrelid, 0`)} t ON true ` +
    `WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(${quoteLiteral(name)})`
  );
}

/** What becomes of what has the name of an index, and why. Pure. */
function judgeNameHolder(
  holder: NameHolder | undefined,
): { readonly verdict: "drop"; readonly warning?: string } | { verdict: "keep"; reason: string } {
  if (holder === undefined) {
    return { verdict: "drop" };
  }
  const { type, identity, valid, table, partitioned, replicaIdentity, neededBy } = holder;
  const keep = (reason: string) => ({ verdict: "keep", reason }) as const;
  if (valid === null) {
    return keep(`The name of the index is taken by ${type} ${identity}.`);
  }
  const index = `The index ${identity}`;
  if (partitioned) {
    return keep(`${index} belongs to partitioned table ${table}.`);
  }
  if (neededBy !== null) {
    return keep(`${index} cannot be replaced: ${neededBy} needs it.`);
  }
  if (replicaIdentity === true) {
    return keep(`${index} cannot be replaced: it is the replica identity of table ${table}.`);
  }
  if (!valid) {
    return { verdict: "drop" };
  }
  const warning = `${index} on ${table} exists and is valid: it is dropped and built anew.`;
  return { verdict: "drop", warning };
}

/** What is built, and by which file. */
interface IndexBuild {
  readonly script: Script;
  /** The index with its schema, as SQL text. */
  readonly index: string;
  /** Hears the warning. */
  readonly onNotice?: RunScriptOptions["onNotice"];
  /** Sends statements of the tool's own. */
  readonly run: (sql: readonly string[]) => Promise<unknown>;
}

/**
 * Drops what has the name of an index that is about to be built: the broken leftover of a failed try,
 * and, with a warning, a valid index.
 *
 * The shard is taken by this session, so no other run of pg-mig changes the name between the look
 * and the drop. If anybody else does, the server itself refuses to drop what is no index, or is
 * needed.
 *
 * @throws ScriptError `INDEX_NAME_TAKEN` if something has the name that is no index, or an index that
 * something else needs; nothing is changed then.
 */
export async function dropReplacedIndex(
  session: Session,
  { script, index, onNotice, run }: IndexBuild,
): Promise<void> {
  const { rows } = await session.client.query(nameHolderSql(index));
  const judged = judgeNameHolder(rows[0] as NameHolder | undefined);
  const place = { source: script, offset: buildOffset(script, index) };
  if (judged.verdict === "keep") {
    throw new ScriptError(judged.reason, {
      code: "INDEX_NAME_TAKEN",
      hint: "Give the index of this version another name. The version has changed nothing.",
      part: "script",
      ...place,
    });
  }
  if (judged.warning !== undefined) {
    onNotice?.(toNotice({ severity: "WARNING", message: judged.warning }));
  }
  const drop = `DROP INDEX CONCURRENTLY IF EXISTS ${index}`;
  try {
    await run([drop]);
  } catch (error) {
    if (!(error instanceof ScriptError) || error.code !== "SCRIPT_FAILED") {
      throw error;
    }
    throw error.ledTo(place, {
      hint: `pg-mig sent ${drop}; to replace the index of that name. Look at what has the name, and at who owns it.`,
    });
  }
}

/**
 * Makes sure that indexes were built. A broken CREATE INDEX CONCURRENTLY leaves an invalid index, on
 * which IF NOT EXISTS then succeeds:
 * https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
 *
 * @throws ScriptError `INDEX_NOT_VALID`
 */
export async function ensureIndexesAreValid(
  session: Session,
  script: Script,
  indexes: readonly string[],
): Promise<void> {
  for (const index of indexes) {
    const { rows } = await session.client.query(notValidSql(index));
    if (rows.length === 0) {
      continue;
    }
    throw new ScriptError(`The index ${index} is not valid after it was built.`, {
      code: "INDEX_NOT_VALID",
      hint: `Drop it with DROP INDEX CONCURRENTLY ${index}; and run pg-mig again. IF NOT EXISTS keeps a broken index: leave it out.`,
      part: "script",
      source: script,
      offset: buildOffset(script, index),
    });
  }
}

/** Gives a row if an index is not there, or not valid. */
function notValidSql(index: string): string {
  return (
    "SELECT 1 WHERE (SELECT i.indisvalid FROM pg_catalog.pg_index i WHERE i.indexrelid " +
    `OPERATOR(pg_catalog.=) pg_catalog.to_regclass(${quoteLiteral(index)})) IS NOT TRUE`
  );
}

/** An index as SQL text with a schema: an exact name, whatever the `search_path` is. */
export function inSchema(index: string, schema: string): string {
  return qualified.test(index) ? index : `${quoteIdentifier(schema)}.${index}`;
}

const qualified = /^(?:"(?:[^"]|"")*"|[^".]+)\./;

/** Where the file builds an index. */
function buildOffset({ statements }: Script, index: string): number | undefined {
  const name = index.replace(/^(?:(?:"(?:[^"]|"")*"|[^".]+)\.)*/, "");
  return statements.find(
    (statement) =>
      leadingWords(statement, 4).includes("CONCURRENTLY") &&
      leadingWords(statement, 1)[0] === "CREATE" &&
      statement.tokens.some(({ text }) => text === name),
  )?.offset;
}
