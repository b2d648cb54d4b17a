import { int16, int32, message } from "../wire/message.js";
import { columnNames } from "./statements.js";
import type { StubNode } from "./stub-node.js";

/** One session of the stub. */
export interface StubSession {
  readonly node: StubNode;
  readonly pid: number;
  /** As a server reports it. */
  status: "I" | "T";
  /** Whether it has taken an advisory lock for as long as it lasts. */
  hasLock: boolean;
  /** What the open transaction stores, if it is committed. */
  pending: { readonly schema: string; readonly name: string; readonly text: string }[];
}

const type = { text: 25, int4: 23, int8: 20, oid: 26, bool: 16, json: 114, texts: 1009 } as const;

type ColumnType = keyof typeof type;

interface Rows {
  readonly columns: readonly (readonly [name: string, type: ColumnType])[];
  readonly rows: Iterable<readonly (string | null)[]>;
}

const storedFunction =
  /^CREATE OR REPLACE FUNCTION "?(\w+)"?\.(mig_\w+_const)\(\)[\s\S]*? AS (\$\w*\$)([\s\S]*)\3$/;

const sessionLock = /^SELECT (?:pg_catalog\.)?pg_(?:try_)?advisory_((?:un)?lock)\(/;

/** The answer to one statement, ReadyForQuery aside; and what it changes in the session. */
export function answerTo(statement: string, session: StubSession): readonly Buffer[] {
  const [first = "", second = ""] = statement.split(/\s+/, 2).map((word) => word.toUpperCase());
  switch (first) {
    case "BEGIN":
      session.status = "T";
      return [tag("BEGIN")];
    case "COMMIT":
      for (const { schema, name, text } of session.pending) {
        session.node.store(schema, name, text);
      }
      return [endTransaction(session, "COMMIT")];
    case "ROLLBACK":
      return [endTransaction(session, "ROLLBACK")];
    case "EXECUTE":
      return [guardRow, tag("SELECT 1")];
    case "SELECT":
      return answerToSelect(statement, session);
    case "DISCARD":
      return [tag("DISCARD ALL")];
    case "CREATE": {
      const [, schema, name, , text] = storedFunction.exec(statement) ?? [];
      if (schema === undefined || name === undefined || text === undefined) {
        return [tag(`CREATE ${second}`)];
      }
      session.pending.push({ schema, name, text });
      return [tag("CREATE FUNCTION")];
    }
    case "ALTER":
    case "DROP":
      return [tag(`${first} ${second}`)];
    default:
      return [tag(first)];
  }
}

function endTransaction(session: StubSession, word: string): Buffer {
  session.status = "I";
  session.pending = [];
  return tag(word);
}

function answerToSelect(statement: string, session: StubSession): readonly Buffer[] {
  if (statement.startsWith("SELECT (CASE WHEN ")) {
    return [guardRow, tag("SELECT 1")];
  }
  const { columns, rows } = rowsOf(statement, session);
  const data = Array.from(rows, dataRow);
  return [rowDescription(columns), ...data, tag(`SELECT ${data.length}`)];
}

function rowsOf(statement: string, session: StubSession): Rows {
  const { node, pid } = session;
  if (statement.includes("AS schemas")) {
    const columns = [
      ["name", "text"],
      ["stored", "text"],
      ["schemas", "json"],
    ] as const;
    return { columns, rows: node.ledgers() };
  }
  if (statement.includes("AS xmin")) {
    // Whether pg-mig 2.x has begun a run: it never does here.
    return { columns: [["stored", "text"]], rows: [] };
  }
  if (statement.includes("prosrc AS stored")) {
    const columns = [
      ["schema", "text"],
      ["oid", "oid"],
      ["name", "text"],
      ["stored", "text"],
    ] as const;
    return { columns, rows: node.ledgerRows() };
  }
  if (statement.includes("pg_stat_activity") && statement.includes("row_to_json(s)")) {
    const rows = [...node.pids].map((pid) => [
      JSON.stringify({ pid, state: "active", in_state_ms: 0, waiting: false, phase: null }),
    ]);
    return { columns: [["session", "json"]], rows };
  }
  const [, lock] = sessionLock.exec(statement) ?? [];
  if (lock !== undefined) {
    session.hasLock = lock === "lock";
    return { columns: [["taken", "bool"]], rows: [["t"]] };
  }
  if (statement.includes("pg_locks") && statement.includes("pg_backend_pid()")) {
    return { columns: [["own", "int4"]], rows: session.hasLock ? [["1"]] : [] };
  }
  const values = wellKnown({ node, pid });
  const columns = columnNames(statement).map((name) => [name, values[name]] as const);
  if (columns.length > 0 && columns.every(([, value]) => value !== undefined)) {
    return {
      columns: columns.map(([name, value]) => [name, value?.[0] ?? "text"]),
      rows: [columns.map(([, value]) => value?.[1] ?? null)],
    };
  }
  return { columns: [["none", "text"]], rows: [] };
}

/** What clients ask of their server and their session, by the name that they give to the column. */
function wellKnown({
  node,
  pid,
}: Pick<StubSession, "node" | "pid">): Readonly<Record<string, readonly [ColumnType, string]>> {
  const settings = "{statement_timeout,idle_session_timeout,idle_in_transaction_session_timeout}";
  return {
    system_identifier: ["text", node.systemIdentifier],
    database_oid: ["text", "16384"],
    database_name: ["text", "stub"],
    in_recovery: ["text", "false"],
    read_only: ["text", "off"],
    server_version_num: ["text", "150018"],
    backend_pid: ["text", String(pid)],
    timeline: ["text", "00000001"],
    postmaster_start: ["text", "1790000000000000"],
    pid: ["int4", String(pid)],
    startedAt: ["text", "1790000000.5"],
    settings: ["texts", settings],
    isolation: ["text", "read committed"],
    serverStartedAt: ["text", "1790000000.0"],
    hasEventTriggers: ["bool", "f"],
  };
}

const guardRow = Buffer.concat([rowDescription([["int4", "int4"]]), dataRow(["0"])]);

function rowDescription(columns: Rows["columns"]): Buffer {
  const fields = columns.map(([name, columnType]) =>
    Buffer.concat([
      Buffer.from(`${name}\0`),
      int32(0),
      int16(0),
      int32(type[columnType]),
      int16(-1),
      int32(-1),
      int16(0),
    ]),
  );
  return message("T", int16(columns.length), ...fields);
}

function dataRow(values: readonly (string | null)[]): Buffer {
  const fields = values.map((value) => {
    if (value === null) {
      return int32(-1);
    }
    const text = Buffer.from(value);
    return Buffer.concat([int32(text.length), text]);
  });
  return message("D", int16(values.length), ...fields);
}

const tags = new Map<string, Buffer>();

function tag(word: string): Buffer {
  let bytes = tags.get(word);
  if (bytes === undefined) {
    bytes = message("C", `${word}\0`);
    tags.set(word, bytes);
  }
  return bytes;
}
