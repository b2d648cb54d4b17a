import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { commands } from "../src/command-table.js";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario, cluster } = scenarios({ nodes: 1 });

interface Case {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly status?: number;
  /** What is applied before. @default both versions */
  readonly before?: "nothing";
}

const scratch = () => `--scratch=${cluster().node.url}`;

/** A line for each command. */
const cases: Readonly<Record<string, (given: Scenario) => Case>> = {
  apply: () => ({ before: "nothing", args: ["--parallelism=1"] }),
  undo: () => ({ args: ["2.b.sh", "--parallelism=1"] }),
  plan: () => ({ before: "nothing", args: ["--verbose"] }),
  status: () => ({ args: ["--json"] }),
  drift: () => ({ args: ["--against=files", scratch()] }),
  // The dn files undo nothing.
  rehearse: () => ({ args: ["--all", scratch()], status: 2 }),
  adopt: () => ({ args: ["--dry", scratch()] }),
  history: () => ({}),
  pause: () => ({ status: 2 }),
  init: () => ({ cwd: "project" }),
  make: () => ({ args: ["c@sh"] }),
  chain: () => ({}),
  list: () => ({}),
  digest: () => ({}),
};

/** Without what differs each time: the folder, the databases, times and versions that are made. */
function comparable(text: string, { folder }: Scenario): string {
  return (
    text
      .replaceAll(folder, "FOLDER")
      .replaceAll(/\btest_\d+/g, "DATABASE")
      .replaceAll(/\b\d{14}\b/g, "VERSION")
      .replaceAll(/\d{4}-\d\d-\d\d[T ][\d:.]+(Z| UTC)?/g, "TIME")
      .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, "TIME")
      // Two minutes, if one ends between two steps.
      .replaceAll("TIME to TIME", "TIME")
      .replaceAll(/"(databaseOid|systemIdentifier|\w+Ms)": ?"?\d+"?/g, '"$1":0')
  );
}

async function outcome(name: string, way: "this" | "own") {
  const given = await scenario({ shards: ["sh1", "sh2"] });
  await given.migrations({
    "1.a.sh": "CREATE TABLE t (id int);",
    "2.b.sh": "\\echo hello\nDO $$ BEGIN RAISE WARNING 'careful'; END $$;",
  });
  await mkdir(join(given.folder, "project"));
  const { args = [], cwd, status: expected = 0, before } = cases[name]?.(given) ?? {};
  if (before === undefined) {
    expect((await given.pgMig()).status).toBe(0);
  }
  const env = cwd === undefined ? {} : { PGMIGDIR: undefined };
  const { status, stdout, stderr } = await given.pgMig([name, ...args], {
    process: way,
    env,
    ...(cwd && { cwd }),
  });
  expect(status, stderr).toBe(expected);
  return { stdout: comparable(stdout, given), stderr: comparable(stderr, given) };
}

describe("a command that runs in the process of the tests", () => {
  it.each(commands.map(({ name }) => name))(
    "does what it does as a user starts it: %s",
    async (name) => {
      expect(cases[name], "a case for each command").toBeDefined();
      expect(await outcome(name, "this")).toEqual(await outcome(name, "own"));
    },
  );

  it("fails as it does when a user starts it", async () => {
    const { pgMig } = await scenario();
    for (const args of [
      ["--nosuch"],
      ["--migdir=nowhere", "--json"],
      ["help", "NOSUCH"],
      ["--undo=9.z.sh"],
    ]) {
      const here = await pgMig(args, { process: "this" });
      expect(here.status).toBe(1);
      expect(here).toEqual(await pgMig(args, { process: "own" }));
    }
  });

  it("leaves nothing in that process when it has ended", async () => {
    const { pgMig, migrations } = await scenario({ shards: ["sh1", "sh2"] });
    await migrations({ "1.a.sh": "CREATE TABLE t ();", "2.b.sh": "SELECT no_such_function();" });
    // What is loaded once stays.
    await pgMig(["--dry"], { process: "this" });
    const left = () => ({
      cwd: process.cwd(),
      env: { ...process.env },
      exitCode: process.exitCode,
      title: process.title,
      listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
      resources: process
        .getActiveResourcesInfo()
        .filter((kind) => !["Timeout", "Immediate"].includes(kind))
        .sort(),
    });
    const timers = () =>
      process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const [before, timersBefore] = [left(), timers()];
    expect((await pgMig(["--verbose"], { process: "this" })).status).toBe(1);
    expect((await pgMig(["status"], { process: "this" })).status).toBe(0);
    expect(left()).toEqual(before);
    // Vitest has timers, too, that come and go.
    while (timers() > timersBefore) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it("prints nothing into the output of another one", async () => {
    const { pgMig, migrations } = await scenario();
    await migrations({ "1.a.sh": "SELECT 1;" });
    const [list, digest] = await Promise.all([
      pgMig(["list"], { process: "this" }),
      pgMig(["digest"]),
    ]);
    expect(list.stdout).toBe("1.a.sh\n");
    expect(digest.stdout).toMatch(/^1\.[0-9a-f]{64}\n$/);
  });
});
