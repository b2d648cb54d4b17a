import type { WorkVersion } from "./work.js";

/** What the versions of {@link addColumn} add their columns to. */
export const itemsTable = "CREATE TABLE items (id bigint)";

/** Nearly nothing for a server to do. */
export function addColumn(n: number): WorkVersion {
  return { sql: `ALTER TABLE items ADD COLUMN c${n} int;\n`, leaves: "nothing" };
}

/** Real work for a server; what an index may leave in the session has to be dropped. */
export function newTable(n: number): WorkVersion {
  const table = `CREATE TABLE t${n} (id bigint PRIMARY KEY, name text NOT NULL, at timestamptz);\n`;
  return { sql: `${table}CREATE INDEX t${n}_name ON t${n} (name);\n`, leaves: "traces" };
}
