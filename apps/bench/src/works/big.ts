import { pgMig } from "../contenders/pg-mig.js";
import { psqlFiles } from "../contenders/psql-files.js";
import type { Work, WorkSize } from "./work.js";

const megabyte = 1_000_000;

const bigFile = {
  size: { nodes: 1, shards: 10, versions: 1, parallelism: 10, megabytes: 50 },
  quick: { shards: 3, megabytes: 5 },
  servers: "postgres",
  shardSql: "CREATE TABLE rows (id int, name text, note text)",
  contenders: [psqlFiles, pgMig],
  targets: [
    { figure: "wall", against: psqlFiles.name, atMost: 1.2 },
    { figure: "peak memory", atMost: ({ megabytes = 0 }) => 100 + 2 * megabytes },
  ],
} as const satisfies Partial<Work>;

export const bigCopy: Work = {
  ...bigFile,
  name: "big-copy",
  about: "a file as pg_dump makes it, with COPY",
  version: (_, size) => ({
    sql: `COPY rows FROM stdin;\n${lines(size, (n) => `${n}\tname ${n}\tsome words on row ${n}\n`)}\\.\n`,
    leaves: "traces",
  }),
};

export const bigJoined: Work = {
  ...bigFile,
  name: "big-joined",
  about: "a file as pg_dump --inserts makes it, in one transaction",
  version: (_, size) => ({ sql: lines(size, insert), leaves: "traces" }),
};

export const bigOutside: Work = {
  ...bigFile,
  name: "big-outside",
  about: "a file as pg_dump --inserts makes it, outside of a transaction: each row for itself",
  version: (_, size) => ({
    sql: `COMMIT;\n${lines(size, insert)}BEGIN;\n`,
    leaves: "traces",
  }),
};

function insert(n: number): string {
  return `INSERT INTO rows VALUES (${n}, 'name ${n}', 'some words on row ${n}');\n`;
}

/** As many lines as the file is to have megabytes. */
function lines({ megabytes = 0 }: WorkSize, line: (n: number) => string): string {
  const parts: string[] = [];
  for (let n = 0, left = megabytes * megabyte; left > 0; n++) {
    const text = line(n);
    parts.push(text);
    left -= text.length;
  }
  return parts.join("");
}
