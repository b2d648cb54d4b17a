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
