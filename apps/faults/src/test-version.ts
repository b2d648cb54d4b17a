import type { Random } from "./random.js";

/** How a version is written. All of them change a shard in the same way. */
export type VersionKind =
  | "plain"
  | "rows"
  | "psql"
  | "copy"
  | "alter"
  | "concurrent"
  | "ends-transaction"
  | "own-transactions";

/** A version of a scene: what is in its files, and by what it is known to have run. */
export interface TestVersion {
  /** `<timestamp>.<title>.sh` */
  readonly name: string;
  readonly kind: VersionKind;
  readonly up: string;
  readonly down: string;
  /** What it makes: there if and only if the version is applied. */
  readonly object: string;
  /** `none`: it makes nothing whose name would collide if it ran twice, but for rows. */
  readonly objectKind: "table" | "index" | "none";
  /**
   * Whether it writes its name into `applied`, where each time that it runs shows. A file that is a
   * lone CREATE INDEX CONCURRENTLY cannot.
   */
  readonly counted: boolean;
}

/**
 * What every shard of a scene has before its first version: `applied`, which notes without a unique
 * constraint what ran in it and from when, `part`, which notes what has begun to run in pieces, and `item`, on which the indexes are built and which the
 * application reads and writes.
 */
export const shardTablesSql = `
  CREATE TABLE applied (
    version text NOT NULL,
    delta int NOT NULL,
    began timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE TABLE part (version text NOT NULL);
  CREATE TABLE item (id int PRIMARY KEY, value int NOT NULL);
  INSERT INTO item SELECT n, n FROM generate_series(1, 200) n;`;

/** What a node has besides, for before.sql and after.sql to say that they ran. */
export const nodeTablesSql = `
  CREATE TABLE public.hook_run (
    file text NOT NULL,
    began timestamptz NOT NULL DEFAULT clock_timestamp()
  );`;

/** before.sql and after.sql of the scenes that have them. */
export const hookFiles: Readonly<Record<string, string>> = {
  "before.sql": "INSERT INTO hook_run VALUES ('before.sql');\n",
  "after.sql": "INSERT INTO hook_run VALUES ('after.sql');\n",
};

/** Makes the version of that place in the order, of a kind. */
export function testVersion(position: number, kind: VersionKind): TestVersion {
  const title = `v${position}-${kind}`;
  const name = `${20260101000000 + position}.${title}.sh`;
  const object = `v${position}`;
  const made = { name, kind, object };
  const table = `CREATE TABLE ${object} (n int);`;
  const undo = `DROP TABLE ${object};\nINSERT INTO applied VALUES ('${name}', -1);\n`;
  const note = `INSERT INTO applied VALUES ('${name}', 1);`;
  switch (kind) {
    case "plain":
      return { ...made, ...transactional, up: `${note}\n${table}\n`, down: undo };
    case "rows":
      // It takes its time: long enough for another run to come in between, if nothing forbids it.
      return {
        ...made,
        objectKind: "none",
        counted: true,
        up: `${note}\nSELECT pg_sleep(0.01);\n`,
        down: `INSERT INTO applied VALUES ('${name}', -1);\n`,
      };
    case "psql":
      return {
        ...made,
        ...transactional,
        up: `\\set version '${name}'
SELECT 1 AS delta \\gset
INSERT INTO applied VALUES (:'version', :delta);
\\if :delta
${table}
\\endif
`,
        down: undo,
      };
    case "copy":
      return {
        ...made,
        ...transactional,
        up: `COPY applied (version, delta) FROM stdin;\n${name}\t1\n\\.\n${table}\n`,
        down: undo,
      };
    case "alter":
      return {
        ...made,
        ...transactional,
        up: `${note}\nALTER TABLE item ADD COLUMN ${object} int;\n${table}\n`,
        down: `ALTER TABLE item DROP COLUMN ${object};\n${undo}`,
      };
    case "concurrent":
      return {
        ...made,
        objectKind: "index",
        counted: false,
        up: `-- $parallelism_global = 8\nCREATE INDEX CONCURRENTLY ${object} ON item (value);\n`,
        down: `DROP INDEX CONCURRENTLY IF EXISTS ${object};\n`,
      };
    case "ends-transaction":
      return {
        ...made,
        objectKind: "index",
        counted: true,
        up: `-- $parallelism_global = 8
COMMIT;
DROP INDEX IF EXISTS ${object};
CREATE INDEX CONCURRENTLY ${object} ON item (value);
BEGIN;
${note}
`,
        down: `DROP INDEX ${object};\nINSERT INTO applied VALUES ('${name}', -1);\n`,
      };
    case "own-transactions":
      return {
        ...made,
        ...transactional,
        up: `INSERT INTO part VALUES ('${name}');
COMMIT;
SELECT pg_sleep(0.01);
BEGIN;
${note}
${table}
COMMIT;
`,
        down: undo,
      };
  }
}

const transactional = { objectKind: "table", counted: true } as const;

/** Versions of all transactional kinds, and with some luck one of the others. */
export function drawVersions(random: Random, count: number): TestVersion[] {
  const kinds: VersionKind[] = random.shuffled(["plain", "rows", "psql", "copy", "alter"]);
  const others = random.pick<VersionKind[]>([
    [],
    [],
    ["concurrent"],
    ["ends-transaction"],
    ["own-transactions"],
  ]);
  const drawn = [...others, ...kinds].slice(0, count);
  return random.shuffled(drawn).map((kind, index) => testVersion(index + 1, kind));
}
