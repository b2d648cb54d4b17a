import type { Direction, Version } from "./version.js";

/** What the files of a new version say: comments on what goes where, and no statement. */
export function versionTemplate({ name, prefix }: Version): Readonly<Record<Direction, string>> {
  return {
    up: `-- ${name}: what to change.
--
-- Runs once on each schema that is called "${prefix}", or "${prefix}" and a number, such as ${prefix}0001.
-- That schema is the current one: name tables without a schema.
-- The file and its entry in the ledger commit together: write no BEGIN and no COMMIT.
`,
    down: `-- ${name}: how to undo it.
--
-- The reverse of the up file, its last statement first.
-- If there is nothing to undo, write SELECT 1; as a file without a statement is refused.
`,
  };
}

/** The first version of a new project: it makes ten schemas, the shards, on each node. */
export function shardsTemplate(): Readonly<Record<Direction, string>> {
  return {
    up: `-- Makes the shards of a node, sh0001 to sh0010. It runs once on each node: in its schema "public".
-- For numbers that are unique in the whole cluster, let the numbers depend on the node.
SELECT format('CREATE SCHEMA %I', 'sh' || to_char(number, 'FM0000'))
FROM generate_series(1, 10) AS number
\\gexec
`,
    down: `-- Drops the shards of a node, with their ledgers. It fails on a shard that holds anything else.
SELECT format('DROP FUNCTION IF EXISTS %1$I.mig_versions_const(); DROP SCHEMA %1$I', 'sh' || to_char(number, 'FM0000'))
FROM generate_series(1, 10) AS number
\\gexec
`,
  };
}
