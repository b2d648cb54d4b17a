import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

const nowhere =
  'The prefix "shard" matches no schema on any node, so 2.b.shard, 3.c.shard run nowhere. The nearest schemas: sh1, public.';

/** Shards `sh1` and `sh2`, one version for them, and two whose prefix is mistyped. */
async function mistyped() {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({
    "1.a.sh": "CREATE TABLE t();",
    "2.b.shard": "CREATE TABLE u();",
    "3.c.shard": "CREATE TABLE v();",
  });
  return prepared;
}

/** The warnings that a run gives to programs. */
const warningsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === "warning");

describe("a version whose prefix matches no schema on any node", () => {
  it("is warned of in the plan, with and without work, once for each prefix", async () => {
    const { pgMig } = await mistyped();
    const warning = `warning: ${nowhere}\n`;
    const plan = await pgMig(["--dry"]);
    expect(plan.status).toBe(0);
    expect(plan.stdout.split(warning)).toHaveLength(2);
    expect((await pgMig()).status).toBe(0);
    const { status, stdout } = await pgMig(["--dry"]);
    expect(status).toBe(0);
    expect(stdout.replace(/^Nodes: .*\n/m, "")).toBe(`${warning}Nothing to do.\n`);
    const json = JSON.parse((await pgMig(["--dry", "--json"])).stdout);
    expect(json.unmatchedPrefixes).toEqual([
      {
        prefix: "shard",
        versions: ["2.b.shard", "3.c.shard"],
        takenBy: [],
        nearestSchemas: ["sh1", "public"],
        message: nowhere,
      },
    ]);
  });

  it("is warned of by an apply, with and without work, and the exit status stays 0", async () => {
    const { pgMig, ledger } = await mistyped();
    for (const end of ["Done: ", "Nothing to do."]) {
      const { status, stdout } = await pgMig();
      expect(status).toBe(0);
      expect(stdout).toContain(`Warnings:\n  ${nowhere}\n`);
      expect(stdout).toContain(end);
    }
    expect(warningsOf((await pgMig(["--json"])).stdout)).toEqual([
      { type: "warning", message: nowhere },
    ]);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it("is warned of by status, to people and programs", async () => {
    const { pgMig } = await mistyped();
    const { status, stdout } = await pgMig(["status"]);
    expect(status).toBe(0);
    expect(stdout).toContain(`warning: ${nowhere}\n`);
    const json = JSON.parse((await pgMig(["status", "--json"])).stdout);
    expect(json.unmatchedPrefixes).toMatchObject([{ prefix: "shard", message: nowhere }]);
  });

  it("is not one, where a schema on one node has it, or where the run itself makes the schema", async () => {
    const { pgMig, databases, migrations } = await mistyped();
    await databases[1]?.query("CREATE SCHEMA shard9");
    const { stdout } = await pgMig(["--dry"]);
    expect(stdout).not.toContain("warning");
    await migrations({
      "0.shards.public": "CREATE SCHEMA IF NOT EXISTS tenant1;",
      "4.d.tenant": "CREATE TABLE t();",
    });
    const { status, stdout: applied } = await pgMig();
    expect(status).toBe(0);
    expect(applied).not.toContain("Warnings:");
  });

  it("does not take debug_* for schemas", async () => {
    const { pgMig, database, migrations } = await scenario({ shards: ["sh1"] });
    await database.query("CREATE SCHEMA debug_1");
    await migrations({ "1.a.debug_": "CREATE TABLE t();" });
    expect((await pgMig(["--dry"])).stdout).toMatch(
      /^warning: The prefix "debug_" matches no schema/,
    );
  });

  it("is explained where longer prefixes take every schema of its own", async () => {
    const { pgMig, migrations } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({
      "1.a.sh": "CREATE TABLE t();",
      "2.b.sh1": "SELECT 1;",
      "3.c.sh2": "SELECT 1;",
    });
    expect((await pgMig()).stdout).toContain(
      'Longer prefixes (sh1, sh2) take every schema that the prefix "sh" matches, so 1.a.sh runs nowhere.',
    );
  });

  it("is judged with --only by all schemas of the nodes, and not at all if some are not asked", async () => {
    const { pgMig, databases, migrations } = await mistyped();
    expect((await pgMig(["--dry", "--only=shard=sh1"])).stdout).toContain(`warning: ${nowhere}\n`);
    expect((await pgMig(["status", "--only=shard=sh1"])).stdout).toContain(`warning: ${nowhere}\n`);
    // Of one node, no shard is chosen: its schemas count all the same.
    await databases[1]?.query("CREATE SCHEMA shard9; CREATE SCHEMA sh3");
    await databases[0]?.query("CREATE SCHEMA sh4");
    expect((await pgMig(["--dry", "--only=shard=sh4"])).stdout).not.toContain("warning");
    // The one node where a schema has the prefix is not asked.
    const [first = "", second = ""] = databases.map(({ url }) => url);
    const env = { PGHOST: `${first},${second.replace("127.0.0.1", "localhost")}` };
    await migrations({ "4.d.other": "SELECT 1;" });
    const everywhere = await pgMig(["--dry"], { env });
    expect(everywhere.stdout).toContain('The prefix "other" matches no schema');
    const { status, stdout } = await pgMig(["--dry", "--only=host=127.0.0.1"], { env });
    expect({ status, warned: stdout.includes("warning") }).toEqual({ status: 0, warned: false });
  });
});
