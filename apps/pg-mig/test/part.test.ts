import { describe, expect, it } from "vitest";
import { type CommandResult, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 3 });
const shards = ["sh1", "sh2", "sh3"];
const versions = {
  "20240101000000.a.sh": "CREATE TABLE t (id int)",
  "20240102000000.b.sh": "INSERT INTO t VALUES (1)",
};
const parts = [1, 2, 3];

/** How often the second version ran on each shard of each node. */
async function rowCounts({ databases, column }: Awaited<ReturnType<typeof scenario>>) {
  const counts = databases.flatMap((database) =>
    shards.map((shard) => column(`SELECT count(*)::int FROM ${shard}.t`, database)),
  );
  return (await Promise.all(counts)).flat();
}

describe("pg-mig --part", () => {
  it("shares a fleet among workers that run at once: nothing twice, nothing missed", async () => {
    const given = await scenario({ shards });
    await given.migrations(versions);
    const ended = await Promise.all(parts.map((part) => given.pgMig([`--part=${part}/3`])));
    for (const [index, { status, stdout, stderr }] of ended.entries()) {
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(stdout + stderr).toContain(`Part ${index + 1} of 3 (--part): `);
      expect(stdout + stderr).toContain(
        "$parallelism_global and $run_alone limit this part alone: other parts do not count.",
      );
    }
    const applied = ended.map(({ stdout }) =>
      Number(/(\d+) of \d+ steps applied/.exec(stdout)?.[1] ?? 0),
    );
    expect(applied.reduce((sum, count) => sum + count, 0)).toBe(18);
    expect(await rowCounts(given)).toEqual(Array(9).fill(1));
  });

  it("saves no digest; a run without it does, and has nothing to apply", async () => {
    const { pgMig, migrations } = await scenario({ shards });
    await migrations(versions);
    const digest = async () =>
      JSON.parse((await pgMig(["status", "--json"])).stdout).databaseDigest;
    for (const part of parts) {
      expect((await pgMig([`--part=${part}/3`])).status).toBe(0);
    }
    expect(await digest()).toBe("0");
    const { status, stdout } = await pgMig();
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Nothing to do."),
    });
    expect(await digest()).toMatch(/^20240102000000\./);
  });

  it("has nothing to do in a part without a node, with a partial report", async () => {
    const { pgMig, migrations } = await scenario({ shards });
    await migrations(versions);
    const runs: CommandResult[] = [];
    for (let part = 1; part <= 12; part++) {
      runs.push(await pgMig([`--part=${part}/12`, "--json"]));
    }
    expect(runs.map(({ status }) => status)).toEqual(Array(12).fill(0));
    const reports = runs.map(
      ({ stdout }) => JSON.parse(stdout.trim().split("\n").at(-1) ?? "").report,
    );
    expect(reports.filter(({ outcome }) => outcome === "nothing-to-do").length).toBeGreaterThan(8);
    expect(reports.every(({ partial }) => partial === true)).toBe(true);
  });

  it("works on what --only chooses of its part", async () => {
    const { pgMig, migrations, databases, column } = await scenario({ shards });
    await migrations(versions);
    for (const part of parts) {
      expect((await pgMig([`--part=${part}/3`, "--only=shard=sh2"])).status).toBe(0);
    }
    for (const database of databases) {
      const withTable = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 't'";
      expect(await column(withTable, database)).toEqual(["sh2"]);
    }
    expect((await pgMig(["--part=1/3", "--only=host=elsewhere"])).stderr).toContain("is chosen");
  });

  it.each(["0/3", "4/3", "3", "1/0", "a/b"])("refuses --part=%s", async (part) => {
    const { pgMig, migrations } = await scenario();
    await migrations(versions);
    const { status, stderr } = await pgMig([`--part=${part}`]);
    expect(status).toBe(1);
    expect(stderr).toContain("--part");
  });
});
