import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { runInNewContext } from "node:vm";
import pg from "pg";
import {
  loadDBDigest,
  type MigrateOptions,
  main,
  migrate,
  type Report,
  type RunEvent,
  type StartMigrationOptions,
  startMigration,
} from "pg-mig";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

async function prepared() {
  const prepare = await scenario({ shards: ["sh1", "sh2"] });
  await prepare.migrations({ "20240101000000.users.sh": "CREATE TABLE users(id int);" });
  const options = {
    migDir: `${prepare.folder}/mig`,
    hosts: prepare.databases.map(({ url }) => url),
  };
  return { ...prepare, options };
}

it("is the same for a config file, which gets it from the command that runs", async () => {
  const ofCommand = createRequire(import.meta.url).resolve("../bin/library.cjs");
  const names = (library: object) => Object.keys(library).filter((name) => name !== "default");
  expect(names(await import(ofCommand)).sort()).toEqual(names(await import("pg-mig")).sort());
});

describe('import { startMigration, loadDBDigest } from "pg-mig"', () => {
  it("applies and undoes with no terminal: events, a report, and nothing printed", async () => {
    const { options, ledger } = await prepared();
    const printed = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const events: RunEvent[] = [];
    const run = startMigration(options);
    for await (const event of run) {
      events.push(event);
    }
    const report: Report = await run.result;
    expect(report).toMatchObject({ outcome: "done", planned: 4, done: 4 });
    expect(events.at(0)).toMatchObject({ type: "run:start", shards: 4, chains: 4 });
    expect(events.at(-1)).toEqual({ type: "run:done", report });
    expect(await ledger("sh1")).toEqual(["20240101000000.users.sh"]);

    const action = { type: "undo", version: "20240101000000.users.sh" } as const;
    expect((await startMigration({ ...options, action }).result).outcome).toBe("done");
    expect(await ledger("sh1")).toEqual([]);
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled();
    }
  });

  it("rejects with what was found before anything was changed", async () => {
    const { options } = await prepared();
    await expect(startMigration({ ...options, migDir: "nowhere" }).result).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_MISSING",
    });
  });

  it("stops when its signal aborts", async () => {
    const { options, migrations } = await prepared();
    await migrations({ "20240102000000.sleep.sh": "SELECT pg_sleep(600);" });
    const controller = new AbortController();
    const run = startMigration({ ...options, signal: controller.signal });
    for await (const event of run) {
      if (event.type === "step:start" && event.version.includes("sleep")) {
        controller.abort();
      }
    }
    expect(await run.result).toMatchObject({ outcome: "interrupted", failed: [] });
  });

  it("reads the digest of the cluster over the caller's own connections", async () => {
    const { options, pgMig, databases } = await prepared();
    await startMigration(options).result;
    const digest = await loadDBDigest(databases, async ({ url }, sql) => {
      const client = new pg.Client(url);
      await client.connect();
      const { rows } = await client.query(sql);
      await client.end();
      return rows;
    });
    expect(`${digest}\n`).toBe((await pgMig(["--list=digest"])).stdout);
  });
});

/** The options of the README's rollout. */
async function rolloutOfReadme(): Promise<StartMigrationOptions> {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const [, text = ""] = /await startMigration\((\{\n[^`]*waves:[^`]*?\n\})\)/.exec(readme) ?? [];
  return runInNewContext(`(${text})`);
}

describe("a rollout from a program", () => {
  async function fleet() {
    const prepare = await scenario({ shards: ["sh0001", "sh0002", "sh0003"] });
    await prepare.migrations({ "20240101000000.users.sh": "CREATE TABLE users(id int);" });
    const { migDir, hosts, ...rollout } = await rolloutOfReadme();
    expect([migDir, hosts]).toEqual(["mig", "db1,db2"]);
    const options = {
      migDir: `${prepare.folder}/mig`,
      hosts: prepare.databases.map(({ url }) => url),
      ...rollout,
    };
    const applied = async () => {
      const sql = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'users'";
      return [...new Set(await prepare.column(`${sql} ORDER BY 1`))];
    };
    return { ...prepare, options, applied };
  }

  it("is what the README shows", async () => {
    const { options, applied } = await fleet();
    const { outcome, pausedBy } = await startMigration(options).result;
    expect(outcome).toBe("paused");
    expect(pausedBy).toContain("The wave canary is done");
    expect(await applied()).toEqual(["sh0001"]);
  });

  it("is the same with migrate()", async () => {
    const { options, applied } = await fleet();
    const printed = silenced();
    const action = { type: "apply" } as const;
    expect(await migrate({ ...options, action })).toBe(false);
    expect(printed.join("")).toContain("The wave canary is done");
    expect(await applied()).toEqual(["sh0001"]);
    const { wave: _, waves: __, ...rest } = options;
    expect(await migrate({ ...rest, action })).toBe(true);
    expect(await applied()).toEqual(["sh0001", "sh0002", "sh0003"]);
    await expect(
      migrate({ ...options, action: { type: "undo", version: "20240101000000.users.sh" } }),
    ).rejects.toMatchObject({ code: "MIGRATE_OPTION_INVALID" });
  });

  it("ends at its limits of failures, and at what its throttle cannot see", async () => {
    const { options, migrations, applied } = await fleet();
    const { waves: _, wave: __, ...rest } = options;
    const blind = { ...rest, throttle: { hold: "SELECT NULL::boolean" } };
    await expect(startMigration(blind).result).rejects.toMatchObject({
      code: "THROTTLE_UNREADABLE",
      message: expect.stringContaining(
        "nor 1 other node: the query `hold` gave null, neither true nor false.",
      ),
    });
    await migrations({ "20240101000000.users.sh": "SELECT 1/0;" });
    const limits = { ...rest, parallelism: 1, stopAt: { failed: 1 } };
    const report = await startMigration(limits).result;
    expect(report).toMatchObject({ outcome: "failed" });
    expect(report.stoppedBy).toContain("1 shard failed");
    expect(await applied()).toEqual([]);
  });
});

describe("startMigration()", () => {
  it.each<[object, RegExp, string]>([
    [{ paralelism: 3 }, /has no option "paralelism"/, "mean parallelism?"],
    [{ action: { type: "aply" } }, /has no action "aply"/, "mean apply?"],
    [{ action: { type: "undo", version: "1.a.sh" }, createDB: true }, /takes no createDB/, ""],
    [{ action: { type: "undo", version: "1.a.sh" }, wave: "next" }, /takes no wave/, ""],
  ])("refuses %j at once", (wrong, message, hint) => {
    const given = { migDir: "mig", hosts: "127.0.0.1:1", ...wrong };
    const call = () => startMigration(given as StartMigrationOptions);
    expect(call).toThrow(message);
    expect(call).toThrow(
      expect.objectContaining({
        code: "MIGRATE_OPTION_INVALID",
        hint: expect.stringContaining(hint),
      }),
    );
  });
});

describe('import { migrate } from "pg-mig", as in 2.x', () => {
  it("resolves to true when all is applied, calls after, and to false when something failed", async () => {
    const { options, ledger, migrations } = await prepared();
    silenced();
    const after = vi.fn();
    expect(await migrate({ ...options, action: { type: "apply", after: [after] } })).toBe(true);
    expect(after).toHaveBeenCalledOnce();
    expect(await ledger("sh1")).toEqual(["20240101000000.users.sh"]);
    await migrations({ "20240102000000.bad.sh": "SELECT 1/0;" });
    expect(await migrate({ ...options, action: { type: "apply", after: [after] } })).toBe(false);
    expect(after).toHaveBeenCalledOnce();
  });

  it("changes nothing for dry, list, digest", async () => {
    const { options, column } = await prepared();
    const printed = silenced();
    expect(await migrate({ ...options, dry: true, action: { type: "apply" } })).toBe(true);
    expect(printed.join("")).toContain("Would apply 4 steps");
    expect(await migrate({ ...options, action: { type: "list" } })).toBe(true);
    expect(await migrate({ ...options, hosts: [], action: { type: "digest" } })).toBe(true);
    expect(await column("SELECT to_regclass('sh1.users')")).toEqual([null]);
  });

  it("takes validShardSchemasSql, and lists what the shards have", async () => {
    const { options, ledger } = await prepared();
    const printed = silenced();
    const validShardSchemasSql = "SELECT nspname FROM pg_namespace WHERE nspname = 'sh1'";
    const given = { ...options, validShardSchemasSql };
    expect(await migrate({ ...given, action: { type: "apply" } })).toBe(true);
    expect(await ledger("sh1")).toEqual(["20240101000000.users.sh"]);
    await expect(ledger("sh2")).rejects.toThrow("does not exist");
    printed.length = 0;
    expect(await migrate({ ...given, action: { type: "list-db" } })).toBe(true);
    expect(printed.join("")).toMatch(/:sh1.*:\n {2}20240101000000\.users\.sh\n$/);
    expect(printed.join("")).not.toContain("sh2");
  });

  it("throws what is wrong, and refuses what it does not have, from JavaScript, too", async () => {
    const { options } = await prepared();
    silenced();
    const apply = { type: "apply" } as const;
    await expect(migrate({ ...options, migDir: "nowhere", action: apply })).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_MISSING",
    });
    const wrong = { ...options, action: apply, paralelism: 3 };
    await expect(migrate(wrong)).rejects.toMatchObject({
      code: "MIGRATE_OPTION_INVALID",
      hint: expect.stringContaining("Did you mean parallelism?"),
    });
  });

  it.each<[string, unknown, RegExp, string?]>([
    ["no hosts", { hosts: [] }, /no hosts/],
    ["hosts that are not given", { hosts: undefined }, /no hosts/],
    ["hosts that are empty", { hosts: ["", ""] }, /no hosts/],
    ["an empty migDir", { migDir: "" }, /no migDir/],
    ["a query that is no text", { validShardSchemasSql: 1 }, /validShardSchemasSql/],
    ["an action that it does not know", { action: { type: "aply" } }, /"aply"/, "mean apply?"],
    ["no action", { action: undefined }, /needs an action/],
    ["a misspelt part", { action: { type: "apply", afer: [] } }, /"afer"/, "mean after?"],
    ["undo of nothing", { action: { type: "undo" } }, /version/],
    ["make of nothing", { action: { type: "make" } }, /name/],
    ["what cannot be called", { action: { type: "apply", after: ["x"] } }, /after/],
    ["a word instead of true", { dry: "false" }, /dry/],
    ["make, dry", { dry: true, action: { type: "make", name: "a@sh" } }, /dry/],
    ["chain, dry", { dry: true, action: { type: "chain" } }, /dry/],
  ])("refuses %s: %j, and changes nothing", async (_, wrong, message, hint = "") => {
    const { options, column, folder } = await prepared();
    vi.stubEnv("PGHOST", options.hosts.join(","));
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const files = await readdir(`${folder}/mig`);
    const given = { ...options, action: { type: "apply" }, ...(wrong as object) };
    await expect(migrate(given as MigrateOptions)).rejects.toMatchObject({
      code: "MIGRATE_OPTION_INVALID",
      message: expect.stringMatching(message),
      hint: expect.stringContaining(hint),
    });
    expect(await column("SELECT to_regclass('sh1.users')")).toEqual([null]);
    expect(await readdir(`${folder}/mig`)).toEqual(files);
  });

  it("makes no database because of an environment variable of the command", async () => {
    const { options, databases } = await prepared();
    silenced();
    vi.stubEnv("PGCREATEDB", "1");
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const [first = ""] = databases.map(({ url }) => `${url}_missing`);
    const call = migrate({ ...options, hosts: [first], action: { type: "apply" } });
    await expect(call).rejects.toMatchObject({
      code: "DATABASE_MISSING",
    });
  });
});

describe('import { main } from "pg-mig", as in 2.x', () => {
  it("resolves to whether all went well, and rejects for what is wrong before", async () => {
    const { folder } = await prepared();
    const printed = silenced();
    const args = ["--skip-config", `--migdir=${folder}/mig`];
    expect(await main([...args, "--list=digest"])).toBe(true);
    expect(printed.join("")).toMatch(/^20240101000000\./);
    await expect(main([...args, "--nope"])).rejects.toMatchObject({
      code: "COMMAND_LINE_INVALID",
      message: "There is no option --nope.",
    });
    await expect(main(["--skip-config", `--migdir=${folder}/no`])).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_MISSING",
    });
  });
});

/** Keeps what is printed from the screen, and gives it. */
function silenced() {
  const printed: string[] = [];
  const keep = (text: unknown) => {
    printed.push(String(text));
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(keep);
  vi.spyOn(process.stderr, "write").mockImplementation(keep);
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  return printed;
}
