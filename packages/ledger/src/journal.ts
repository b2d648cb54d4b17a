import { equals, quoteLiteral } from "@pg-mig/model";
import type { StatementError } from "./take-shard.js";

/** What a run says of itself when it begins. */
export interface JournalBeginning {
  /** A UUID, the same on all nodes of the run. */
  readonly id: string;
  /** A word, such as `apply`. */
  readonly action: string;
  /** When it began, in ISO 8601, by the clock of the machine that it runs on. */
  readonly startedAt: string;
  /** The account, and the machine. */
  readonly user?: string | undefined;
  readonly host?: string | undefined;
  /** The program and its version. */
  readonly program?: string | undefined;
  readonly codeDigest: string;
  /** The commit of the Git repository that the migration directory is in. */
  readonly commit?: string | undefined;
}

/** What a run says of itself when it ends. */
export interface JournalEnding {
  readonly endedAt: string;
  readonly outcome: string;
  readonly counts: JournalCounts;
  readonly failures: readonly JournalFailure[];
}

/** The steps of a run, on all its nodes. */
export interface JournalCounts {
  readonly planned: number;
  readonly done: number;
  readonly alreadyDone: number;
  readonly failed: number;
  readonly inDoubt: number;
  readonly notAttempted: number;
}

/** What failed for one reason. Nothing in it was quoted by a server: that may be a password, or a row. */
export interface JournalFailure {
  /** A version, or the file of a hook; missing: the run itself. */
  readonly what?: string | undefined;
  readonly code: string;
  readonly sqlState?: string | undefined;
  readonly message: string;
  /** On how many shards, or nodes of a hook. */
  readonly count: number;
  /** The first of them. */
  readonly first?: string | undefined;
}

/** A row of the journal. Without an ending: the run was killed, or goes on. */
export interface JournalRow extends JournalBeginning, Partial<JournalEnding> {}

/** What the role that asks {@link journalStateSql} finds. */
export interface JournalState {
  /** Whether there is anything of its name. */
  readonly exists: boolean;
  /** Whether the role is a superuser. */
  readonly isSuperuser: boolean;
}

/** Asks for the state of a node's journal: a row for {@link parseJournalState}. */
export const journalStateSql = `SELECT rolsuper AS "isSuperuser",
EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ${equals} c.relnamespace
WHERE n.nspname ${equals} 'public'::pg_catalog.name AND c.relname ${equals} 'mig_journal'::pg_catalog.name) AS "exists"
FROM pg_catalog.pg_roles WHERE rolname ${equals} CURRENT_USER`;

/** Reads the answer to {@link journalStateSql}. */
export function parseJournalState(rows: readonly unknown[]): JournalState {
  const [row] = rows as readonly Partial<JournalState>[];
  return { exists: row?.exists === true, isSuperuser: row?.isSuperuser === true };
}

/** The columns, with the OIDs that PostgreSQL's own types have on every server. */
const columns = [
  ["id", "uuid", 2950],
  ["action", "text", 25],
  ["started", "timestamptz", 1184],
  ["ended", "timestamptz", 1184],
  ["username", "text", 25],
  ["host", "text", 25],
  ["tool", "text", 25],
  ["code_digest", "text", 25],
  ["git_commit", "text", 25],
  ["outcome", "text", 25],
  ["counts", "json", 114],
  ["failures", "json", 114],
] as const;

const createSql = `CREATE TABLE public.mig_journal (${columns
  .map(([name, type]) => `${name} pg_catalog.${type}${name === "id" ? " PRIMARY KEY" : ""}`)
  .join(", ")})`;

/** The journal is never worth a wait: after so long for a lock it is done without. */
const lockTimeoutMs = 1000;

/** Renders the statements that write the row of a run that begins, to be sent as one message. */
export function beginJournalSql(run: JournalBeginning, state: JournalState): string[] {
  const { id, action, startedAt, user, host, program, codeDigest, commit } = run;
  const values = [id, action, startedAt, user, host, program, codeDigest, commit].map(literal);
  return guarded(
    "write",
    state,
    "INSERT INTO public.mig_journal (id, action, started, username, host, tool, code_digest, git_commit) " +
      `VALUES (${values.join(", ")})`,
  );
}

/** Renders the statements that complete the row of a run, to be sent as one message. */
export function endJournalSql(id: string, end: JournalEnding, state: JournalState): string[] {
  const { endedAt, outcome, counts, failures } = end;
  return guarded(
    "write",
    state,
    `UPDATE public.mig_journal SET ended = ${literal(endedAt)}, outcome = ${literal(outcome)}, ` +
      `counts = ${jsonLiteral(counts)}, failures = ${jsonLiteral(failures)} ` +
      `WHERE id ${equals} ${literal(id)}::pg_catalog.uuid`,
  );
}

/** Renders the statements, one message, whose last one gives the latest rows, the latest first. */
export function readJournalSql(limit: number, state: JournalState): string[] {
  return guarded(
    "read",
    state,
    `SELECT id::pg_catalog.text AS id, action, ${isoTime("started")} AS "startedAt", ${isoTime("ended")} AS "endedAt", ` +
      'username AS "user", host, tool AS program, code_digest AS "codeDigest", git_commit AS commit, outcome, ' +
      "counts::pg_catalog.text AS counts, failures::pg_catalog.text AS failures " +
      `FROM ONLY public.mig_journal ORDER BY started DESC, id LIMIT ${limit}`,
  );
}

/** Reads the rows of {@link readJournalSql}. What somebody has changed by hand into something else is left out. */
export function parseJournalRows(rows: readonly unknown[]): JournalRow[] {
  return rows.flatMap((row) => {
    const values = row as Readonly<Record<string, string | null>>;
    const text = (name: string) => values[name] ?? undefined;
    const { id, action, startedAt } = values;
    if (!id || !action || !startedAt) {
      return [];
    }
    const beginning = {
      id,
      action,
      startedAt,
      user: text("user"),
      host: text("host"),
      program: text("program"),
      codeDigest: values.codeDigest ?? "",
      commit: text("commit"),
    };
    const counts = parseCounts(text("counts"));
    const { endedAt, outcome } = values;
    return endedAt && outcome && counts
      ? [{ ...beginning, endedAt, outcome, counts, failures: parseFailures(text("failures")) }]
      : [beginning];
  });
}

const refusals = {
  schema:
    "pg-mig: the schema public belongs to a role that could put another table in place of the journal",
  gone: "pg-mig: the table public.mig_journal was replaced meanwhile",
  form: "pg-mig: public.mig_journal is not the table that a run makes: other columns, defaults, rules or policies",
  owner:
    "pg-mig: public.mig_journal belongs to a role that is not trusted with the rights of this one",
  triggers: "pg-mig: public.mig_journal has triggers or is the target of foreign keys",
};

/** Why a guarded statement was refused, in words, from a server's error; `undefined`: not by the guard. */
export function journalRefusal({ sqlState, message }: StatementError): string | undefined {
  const refusal = Object.values(refusals).find((text) => message.includes(`"${text}"`));
  // 22P02, invalid_text_representation: the message has the text in every language.
  return sqlState === "22P02" ? refusal?.replace("pg-mig: ", "") : undefined;
}

/**
 * A table runs code of whoever may put triggers, rules, defaults or policies on it, or another table into
 * its place, with the rights of the role that touches it. So it is locked, then looked at, and only then
 * touched. The lock keeps it as it is, but not its name: the owner of the schema may rename the schema. A
 * superuser can lock the row of the schema, too; other roles must trust its owner. To trust a role with
 * one's rights is to trust those who have them anyway: its members, and superusers.
 *
 * READ COMMITTED: the look must see what was committed before the lock was had.
 */
function guarded(access: "read" | "write", state: JournalState, statement: string): string[] {
  return [
    "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
    `SET LOCAL lock_timeout TO ${lockTimeoutMs}`,
    // Nor is it worth to wait for replicas.
    "SET LOCAL synchronous_commit TO local",
    ...(state.isSuperuser ? [lockSchemaSql] : []),
    ...(access === "write" && !state.exists ? [createSql] : []),
    `LOCK TABLE ONLY public.mig_journal IN ${access === "read" ? "ACCESS SHARE" : "ROW EXCLUSIVE"} MODE`,
    lookSql(state),
    statement,
  ];
}

const ofSchema = `nspname ${equals} 'public'::pg_catalog.name`;

const lockSchemaSql =
  `WITH locked AS (SELECT oid FROM pg_catalog.pg_namespace WHERE ${ofSchema} FOR SHARE) ` +
  `SELECT (CASE WHEN EXISTS (SELECT FROM locked) THEN '0' ELSE '${refusals.gone}' END)::pg_catalog.int4`;

const me = `(SELECT oid FROM pg_catalog.pg_roles WHERE rolname ${equals} CURRENT_USER)`;

const trusted = (owner: string) => `pg_catalog.pg_has_role(${owner}, ${me}, 'MEMBER')`;

/** The role pg_database_owner, which owns the schema since PostgreSQL 15, stands for the owner of the database. */
const schemaOwner =
  `CASE WHEN n.nspowner ${equals} 6171::pg_catalog.oid THEN ` +
  `(SELECT datdba FROM pg_catalog.pg_database WHERE datname ${equals} pg_catalog.current_database()) ELSE n.nspowner END`;

const columnList =
  "(SELECT pg_catalog.string_agg(pg_catalog.concat(a.attname, ' ', a.atttypid), ',' ORDER BY a.attnum) " +
  `FROM pg_catalog.pg_attribute a WHERE a.attrelid ${equals} c.oid AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2 AND NOT a.attisdropped)`;

const isPlain = [
  `c.relkind ${equals} 'r'::pg_catalog."char"`,
  `c.relpersistence ${equals} 'p'::pg_catalog."char"`,
  "NOT c.relispartition AND NOT c.relhasrules AND NOT c.relrowsecurity",
  `c.relchecks ${equals} 0::pg_catalog.int2`,
  `${columnList} ${equals} '${columns.map(([name, , oid]) => `${name} ${oid}`).join(",")}'::pg_catalog.text`,
  `NOT EXISTS (SELECT FROM pg_catalog.pg_attrdef d WHERE d.adrelid ${equals} c.oid)`,
  `NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid ${equals} c.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL))`,
].join(" AND ");

/**
 * A server looks for a name in what it remembers, which may be what was there a moment ago: others see what a
 * transaction has done shortly before they are told to forget the names that it changed. Its catalogs say what
 * is there now, so both must be the same.
 */
const isNamed = `pg_catalog.to_regclass('public.mig_journal')::pg_catalog.oid ${equals} c.oid`;

function lookSql({ isSuperuser }: JournalState): string {
  const cases = [
    [isNamed, refusals.gone],
    ...(isSuperuser ? [] : [[trusted(schemaOwner), refusals.schema]]),
    [isPlain, refusals.form],
    [trusted("c.relowner"), refusals.owner],
    [
      `NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid ${equals} c.oid)`,
      refusals.triggers,
    ],
  ].map(([isSo, refusal]) => `WHEN (${isSo}) IS NOT TRUE THEN '${refusal}'`);
  return (
    `SELECT COALESCE((SELECT CASE ${cases.join(" ")} ELSE '0' END ` +
    `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid ${equals} c.relnamespace ` +
    `WHERE n.${ofSchema} AND c.relname ${equals} 'mig_journal'::pg_catalog.name), '${refusals.gone}')::pg_catalog.int4`
  );
}

function isoTime(column: string): string {
  return `pg_catalog.to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** No database can hold a NUL. */
function literal(value: string | undefined): string {
  return value === undefined ? "NULL" : quoteLiteral(value.replaceAll("\0", ""));
}

/** In ASCII, which a database of any encoding can hold. */
function jsonLiteral(value: unknown): string {
  const ascii = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return quoteLiteral(ascii);
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}

function parseCounts(text: string | undefined): JournalCounts | undefined {
  const counts = parseJson(text) as
    | Partial<Record<keyof JournalCounts, unknown>>
    | null
    | undefined;
  if (typeof counts !== "object" || counts === null) {
    return undefined;
  }
  const count = (name: keyof JournalCounts) => {
    const value = counts[name];
    return typeof value === "number" && Number.isSafeInteger(value) ? value : 0;
  };
  return {
    planned: count("planned"),
    done: count("done"),
    alreadyDone: count("alreadyDone"),
    failed: count("failed"),
    inDoubt: count("inDoubt"),
    notAttempted: count("notAttempted"),
  };
}

function parseFailures(text: string | undefined): JournalFailure[] {
  const failures = parseJson(text);
  if (!Array.isArray(failures)) {
    return [];
  }
  return failures.flatMap((failure: Partial<Record<keyof JournalFailure, unknown>> | null) => {
    const { code, message, count, ...more } = failure ?? {};
    if (typeof code !== "string" || typeof message !== "string" || typeof count !== "number") {
      return [];
    }
    const known = Object.fromEntries(
      (["what", "sqlState", "first"] as const).flatMap((name) =>
        typeof more[name] === "string" ? [[name, more[name]]] : [],
      ),
    );
    return [{ code, message, count, ...known }];
  });
}
