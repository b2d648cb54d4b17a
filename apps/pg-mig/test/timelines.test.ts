import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

/** Two nodes with two versions on every shard, and a shard without any on the second. */
async function applied() {
  const made = await scenario({ shards: ["sh1", "sh2"] });
  await made.migrations({ "10.a.sh": "CREATE TABLE a();", "30.c.sh": "CREATE TABLE c();" });
  expect((await made.pgMig()).status).toBe(0);
  await made.databases[1]?.query("CREATE SCHEMA sh3");
  return {
    ...made,
    /** Expects a refusal of every action that would change something, and that none did. */
    async expectRefused(args: readonly string[], words: readonly (string | RegExp)[]) {
      const { status, stdout, stderr } = await made.pgMig(args);
      expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
      for (const word of words) {
        expect(stderr).toMatch(word);
      }
      expect(stderr).toContain("what to do: ");
      for (const database of made.databases) {
        expect(await made.ledger("sh1", database)).toEqual(["10.a.sh", "30.c.sh"]);
        expect(await made.column("SELECT to_regproc('sh3.mig_versions_const')", database)).toEqual([
          null,
        ]);
        expect(await made.column("SELECT to_regclass('sh1.b')", database)).toEqual([null]);
      }
    },
  };
}

describe("versions on disk that do not go on from what is applied stop the run on every node:", () => {
  it("one that a late branch brings between those that are applied", async () => {
    const { migrations, expectRefused } = await applied();
    await migrations({ "20.b.sh": "CREATE TABLE b();" });
    for (const args of [[], ["--dry"]]) {
      await expectRefused(args, [
        /Timeline violation .*20\.b\.sh on disk, but 30\.c\.sh/,
        /[Rr]ebase/,
      ]);
    }
  });

  it("one that was renamed since", async () => {
    const { folder, expectRefused } = await applied();
    for (const end of ["up.sql", "dn.sql"]) {
      await rename(join(folder, `mig/30.c.sh.${end}`), join(folder, `mig/30.better.sh.${end}`));
    }
    await expectRefused([], [/Timeline violation .*30\.better\.sh on disk, but 30\.c\.sh/]);
  });

  it("one that is applied and was taken away, also if it is to be undone", async () => {
    const { folder, expectRefused } = await applied();
    for (const end of ["up.sql", "dn.sql"]) {
      await rm(join(folder, `mig/30.c.sh.${end}`));
    }
    await expectRefused([], [/30\.c\.sh is applied on .*, but it is missing on disk/]);
    await expectRefused(["--undo=30.c.sh"], [/30\.c\.sh/]);
  });
});
