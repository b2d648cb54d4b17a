import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const emptyUp =
  "mig/2.b.sh.up.sql holds no statement: it changes nothing, and the version counts as applied.";

async function prepared() {
  const prepare = await scenario({ shards: ["sh1", "sh2"] });
  await prepare.migrations({
    "1.a.sh": "CREATE TABLE t();",
    "before.sql": "",
    "after.sql": "-- none",
  });
  return {
    ...prepare,
    /** A version with nothing but a comment. */
    addEmpty: () => prepare.migrations({ "2.b.sh": "-- CREATE TABLE u();\n\\echo none\n" }),
  };
}

/** Files are named as the user names the folder. */
const relative = { env: { PGMIGDIR: "mig" } };

describe("a file without a statement", () => {
  it("is warned of in the plan and the status, to people and programs", async () => {
    const { pgMig, addEmpty } = await prepared();
    await addEmpty();
    for (const args of [["--dry"], ["status"]]) {
      const { status, stdout } = await pgMig(args, relative);
      expect(status).toBe(0);
      expect(stdout.split("warning: ")).toHaveLength(2);
      expect(stdout).toContain(`warning: ${emptyUp}\n`);
      const json = JSON.parse((await pgMig([...args, "--json"], relative)).stdout);
      expect(json.emptyFiles).toEqual([
        { version: "2.b.sh", file: "mig/2.b.sh.up.sql", message: emptyUp },
      ]);
    }
  });

  it("is warned of by an apply before it runs, and again in the summary", async () => {
    const { pgMig, addEmpty, ledger } = await prepared();
    await addEmpty();
    const { status, stdout, stderr } = await pgMig([], relative);
    expect(status).toBe(0);
    const lines = stderr.split("\n");
    const told = lines.indexOf(`warning: ${emptyUp}`);
    const run = lines.findIndex((line) => line.startsWith("done "));
    expect(told, stderr).toBeGreaterThan(-1);
    expect(run, stderr).toBeGreaterThan(told);
    expect(stdout).toContain(`Warnings:\n  ${emptyUp}\n`);
    expect(await ledger("sh2")).toEqual(["1.a.sh", "2.b.sh"]);
  });

  it("is warned of in the events before any step, once for all shards", async () => {
    const { pgMig, addEmpty } = await prepared();
    await addEmpty();
    const { stdout } = await pgMig(["--json"], relative);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.filter(({ type }) => type === "warning")).toEqual([
      { type: "warning", version: "2.b.sh", message: emptyUp },
    ]);
    const types = events.map(({ type }) => type);
    expect(types.indexOf("warning")).toBeLessThan(types.indexOf("step:start"));
  });

  it("is refused by an undo and its plan, before anything is changed", async () => {
    const { pgMig, migrations, ledger, column } = await prepared();
    await migrations({ "1.a.sh.dn.sql": "-- nothing yet\n;\n" });
    await pgMig([], relative);
    const digest = await column("SELECT public.mig_digest_const()");
    for (const args of [
      ["undo", "1.a.sh"],
      ["--undo=1.a.sh", "--dry"],
    ]) {
      const { status, stdout, stderr } = await pgMig([...args, "--json"], relative);
      expect(status).toBe(1);
      expect(stderr).toContain("mig/1.a.sh.dn.sql holds no statement: it would undo nothing.");
      expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
        code: "UNDO_FILE_EMPTY",
        hint: "Write what undoes the version, or SELECT 1; if there is nothing to undo.",
      });
    }
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    expect(await column("SELECT public.mig_digest_const()")).toEqual(digest);
  });

  it("is no file that says SELECT 1;", async () => {
    const { pgMig, ledger, migrations } = await prepared();
    await migrations({ "1.a.sh.dn.sql": "SELECT 1;" });
    await pgMig([], relative);
    expect((await pgMig(["undo", "1.a.sh"], relative)).status).toBe(0);
    expect(await ledger("sh1")).toEqual([]);
  });

  it("may be before.sql or after.sql without a word", async () => {
    const { pgMig } = await prepared();
    const { stdout, stderr } = await pgMig([], relative);
    expect(`${stdout}${stderr}`).not.toMatch(/warning/i);
  });

  it("does not keep the status from being told where another file is invalid", async () => {
    const { pgMig, migrations, addEmpty } = await prepared();
    await addEmpty();
    await migrations({ "3.c.sh": "SELECT 'never closed;" });
    const { status, stdout } = await pgMig(["status"], relative);
    expect(status).toBe(0);
    expect(stdout).toContain("6 steps pending on 2 shards.");
  });
});
