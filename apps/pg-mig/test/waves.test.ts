import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printedEvents } from "./printed-events.js";
import { type CommandResult, type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 3 });
const shards = ["sh1", "sh2", "sh3", "sh4"];
const first = "20240101000000.a.sh";
const second = "20240102000000.b.sh";
const versions = { [first]: "CREATE TABLE t (id int)", [second]: "INSERT INTO t VALUES (1)" };

const withWaves = (given: Scenario, waves: readonly object[]) =>
  given.config({ rollout: { waves } });

/** The same, with a function that is called after the rollout; gives what it has noted. */
async function withDeployment(given: Scenario, waves: readonly object[]) {
  await given.write(
    "pg-mig.config.mjs",
    `import { appendFileSync } from "node:fs";
     export default {
       rollout: { waves: ${JSON.stringify(waves)} },
       after: () => appendFileSync("notes", "deployed\\n"),
     };`,
  );
  return () => readFile(join(given.folder, "notes"), "utf8").catch(() => "");
}

/** On how many shards of each node the versions are applied. */
async function applied({ databases, column }: Scenario): Promise<number[]> {
  const tables = "SELECT count(*)::int FROM pg_class WHERE relname = 't'";
  return (
    await Promise.all(databases.map((database) => column(tables, database)))
  ).flat() as number[];
}

const threeWaves = [
  { name: "canary", take: 1 },
  { name: "one per node", take: "1 per node" },
];

describe("the waves of a rollout", () => {
  it("take the shards one after the other, and are done with the last", async () => {
    const given = await scenario({ shards });
    await given.migrations({ ...versions, "after.sql": "SELECT 1" });
    const notes = await withDeployment(given, threeWaves);
    const ended = await given.pgMig(["--json"], { process: "this" });
    expect(ended).toMatchObject({ status: 0, stderr: "" });
    expect(await notes()).toBe("deployed\n");
    const all = printedEvents(ended);
    const waves = all.filter(({ type }) => type.startsWith("wave:"));
    expect(waves).toEqual([
      { type: "wave:start", wave: "canary", number: 1, of: 3, shards: 1, chains: 1, steps: 2 },
      { type: "wave:done", wave: "canary", shards: 1 },
      {
        type: "wave:start",
        wave: "one per node",
        number: 2,
        of: 3,
        shards: 3,
        chains: 3,
        steps: 6,
      },
      { type: "wave:done", wave: "one per node", shards: 3 },
      { type: "wave:start", wave: "rest", number: 3, of: 3, shards: 8, chains: 8, steps: 16 },
      { type: "wave:done", wave: "rest", shards: 8 },
    ]);
    // Nothing starts before the wave that it is in.
    const doneInWave = waves.map((wave) => {
      const index = all.indexOf(wave);
      return all.slice(0, index).filter(({ type }) => type === "step:start").length;
    });
    expect(doneInWave).toEqual([0, 2, 2, 8, 8, 24]);
    expect(all.filter(({ type }) => type === "round:start")).toEqual([]);
    expect(all.at(-1)?.report).toMatchObject({ outcome: "done", planned: 24, done: 24 });
    expect(await applied(given)).toEqual([4, 4, 4]);
  });

  it("are shown by plan: each shard with something to do is in exactly one", async () => {
    const given = await scenario({ shards });
    await given.migrations(versions);
    await withWaves(given, threeWaves);
    const { stdout } = await given.pgMig(["plan"]);
    expect(stdout).toMatch(/^Wave 1, canary: 1 shard {2}127\.0\.0\.1:\d+:sh\d$/m);
    expect(stdout).toMatch(/^Wave 2, one per node: 3 shards {2}\S+:sh\d; \S+:sh\d; \S+:sh\d$/m);
    expect(stdout).toMatch(/^Wave 3, rest: 8 shards {2}/m);
    const planned = async () => JSON.parse((await given.pgMig(["plan", "--json"])).stdout);
    const { waves, chains } = await planned();
    const inWaves = waves.flatMap(({ pending }: { pending: object[] }) => pending);
    const places = chains.map(({ node, shard }: { node: string; shard: string }) => ({
      node,
      shard,
    }));
    expect(inWaves).toHaveLength(12);
    expect(new Set(inWaves.map((place: object) => JSON.stringify(place)))).toEqual(
      new Set(places.map((place: object) => JSON.stringify(place))),
    );
    expect((await given.pgMig(["--wave=canary"])).status).toBe(3);
    const after = await given.pgMig(["plan"]);
    expect(after.stdout).toContain("Wave 1, canary: nothing to do\n");
    // The same shards, before and after.
    expect((await planned()).waves.slice(1)).toEqual(waves.slice(1));
  });

  it("stop after the wave that --wave names, with status 3, and go on from any machine", async () => {
    const given = await scenario({ shards });
    await given.migrations(versions);
    const notes = await withDeployment(given, threeWaves);
    const pgMig = (args: readonly string[]) => given.pgMig(args, { process: "this" });
    const digest = async () =>
      JSON.parse((await pgMig(["status", "--json"])).stdout).databaseDigest;
    const canary = await pgMig(["--wave=canary"]);
    expect(canary.status).toBe(3);
    expect(canary.stderr).toContain("Wave 1 of 3, canary: 2 steps on 1 of 1 shard.");
    expect(canary.stdout).toContain("Paused: 2 of 24 steps applied, 22 not attempted");
    expect(canary.stdout).toContain("The wave canary is done (--wave).");
    expect(canary.stdout).toContain("Run pg-mig again. It resumes where this run stopped.");
    expect(await notes()).toBe("");
    expect((await applied(given)).reduce((sum, count) => sum + count)).toBe(1);
    expect(JSON.parse((await pgMig(["status", "--json"])).stdout).waves).toEqual([
      { name: "canary", shards: 1, pendingShards: 0, soakLeftMs: 0 },
      { name: "one per node", shards: 3, pendingShards: 3, soakLeftMs: 0 },
      { name: "rest", shards: 8, pendingShards: 8, soakLeftMs: 0 },
    ]);
    const again = await pgMig(["--wave=canary"]);
    expect(again.status).toBe(3);
    expect(again.stdout).toContain("Paused: 0 of 22 steps applied, 22 not attempted");
    const next = await pgMig(["apply", "--wave=next"]);
    expect(next.status).toBe(3);
    expect(next.stdout).toContain("The wave one per node is done (--wave).");
    const counts = await applied(given);
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(counts.reduce((sum, count) => sum + count)).toBe(4);
    expect(await digest()).toBe("0");
    const rest = await pgMig(["--wave=next"]);
    expect(rest).toMatchObject({ status: 0 });
    expect(await notes()).toBe("deployed\n");
    expect(await applied(given)).toEqual([4, 4, 4]);
    expect(await digest()).toMatch(/^20240102000000\./);
    expect((await pgMig(["--wave=canary"])).status).toBe(0);
  });

  it("are not taken for granted: without them --wave is refused, one without a shard is warned of", async () => {
    const given = await scenario({ shards });
    await given.migrations(versions);
    const refused = await given.pgMig(["--wave=next"]);
    expect(refused).toMatchObject({ status: 1, stdout: "" });
    expect(refused.stderr).toContain("There are no waves, so there is none to stop after");
    expect(await applied(given)).toEqual([0, 0, 0]);

    await withWaves(given, [{ name: "canary", only: ["shard=sh9"] }]);
    const { stdout } = await given.pgMig(["plan"]);
    expect(stdout).toContain("Wave 1, canary: no shard is in it\n");
    const part = await given.pgMig(["--only=shard=sh1", "--quiet"]);
    expect(part).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const { stdout: told, status } = await given.pgMig(["--quiet"]);
    expect(status).toBe(0);
    expect(told).toContain('The wave canary has no shard: its "only" fits none.');
  });

  it("end at the one that fails, and begin with it when it is repaired", async () => {
    const given = await scenario({ shards });
    await given.migrations({ [first]: "SELECT 1 / 0" });
    await withWaves(given, [{ name: "canary", only: ["shard=sh2"], take: 1 }]);
    const { status, stdout } = await given.pgMig();
    expect(status).toBe(1);
    expect(stdout).toContain("Failed: 0 of 12 steps applied, 1 failed, 11 not attempted");
    expect(stdout).toContain("The wave canary is not done, so no later one starts.");
    expect(stdout).toContain("Not attempted because the run was stopped: 11 steps on ");
    await given.migrations(versions);
    const repaired = await given.pgMig(["--wave=canary"]);
    expect(repaired.status).toBe(3);
    const onCanary = "SELECT count(*)::int FROM pg_class WHERE oid = to_regclass('sh2.t')";
    const counts = await Promise.all(
      given.databases.map((database) => given.column(onCanary, database)),
    );
    expect(counts.flat().sort()).toEqual([0, 0, 1]);
    expect((await given.pgMig()).status).toBe(0);
  });

  it("soak: the next one waits, whichever run comes to it, and a pause ends the waiting", async () => {
    const given = await scenario({ shards });
    await given.migrations(versions);
    await withWaves(given, [{ name: "canary", take: 1, soak: "1h" }]);
    expect((await given.pgMig(["--wave=next"])).status).toBe(3);
    const soaking = await given.pgMig(["--json", "--max-duration=3s"]);
    expect(soaking.status).toBe(3);
    const { stdout } = await given.pgMig(["status"]);
    expect(stdout).toContain("Wave 2 of 2, rest, is next: 11 of 11 shards pending.");
    expect(stdout).toMatch(/Wave canary is done and soaks: .* left\./);
    expect(printedEvents(soaking)).toContainEqual({
      type: "wave:soak",
      wave: "canary",
      leftMs: expect.any(Number),
    });
    expect((await applied(given)).reduce((sum, count) => sum + count)).toBe(1);
    await withWaves(given, [{ name: "canary", take: 1, soak: "1s" }]);
    expect((await given.pgMig()).status).toBe(0);
    expect(await applied(given)).toEqual([4, 4, 4]);
  });

  it("soak until Ctrl-C", async () => {
    const given = await scenario({ shards });
    await given.migrations(versions);
    await withWaves(given, [{ name: "canary", take: 1, soak: "1h" }]);
    const run = given.start();
    await run.printed("Wave canary is done and soaks: ");
    run.kill("SIGINT");
    const { status, stdout } = await run.result;
    expect(status).toBe(130);
    expect(stdout).toContain("Not attempted because the run was interrupted: 22 steps on ");
  });

  it("are those of its part for each worker", async () => {
    const given = await scenario({ shards });
    await given.migrations(versions);
    await withWaves(given, [{ name: "tenth", take: "10%" }]);
    const runs: CommandResult[] = [];
    for (const part of [1, 2, 3]) {
      runs.push(await given.pgMig([`--part=${part}/3`, "--wave=next"]));
    }
    const workers = runs.filter(({ stdout }) => !stdout.includes("Nothing to do"));
    expect(workers.map(({ status }) => status)).toEqual(workers.map(() => 3));
    const chosen = (await applied(given)).reduce((sum, count) => sum + count);
    // Of four shards on one node, or twelve on three, a tenth is one or two.
    expect(chosen).toBeGreaterThanOrEqual(workers.length);
    expect(chosen).toBeLessThanOrEqual(2 * workers.length);
  });

  it.each([
    [["--wave=canari"], 'The rollout has no wave "canari".', "Did you mean canary?"],
    [["plan", "--wave=canary"], "plan takes no --wave", ""],
    [["--dry", "--wave=canary"], "A dry run takes no --wave", ""],
    [[`--undo=${first}`, "--wave=canary"], "undo takes no --wave", ""],
  ])("refuse %j", async (args, message, hint) => {
    const given = await scenario();
    await given.migrations(versions);
    await withWaves(given, threeWaves);
    const { status, stderr } = await given.pgMig(args);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});
