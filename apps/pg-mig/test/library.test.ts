import pg from "pg";
import { loadDBDigest, migrate, type Report, type RunEvent, startMigration } from "pg-mig";
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
    expect(events.at(0)).toMatchObject({ type: "run:start", shards: 6, chains: 4 });
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

describe('import { migrate } from "pg-mig", as in 2.x', () => {
  /** What it prints is no part of these tests. */
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
    expect(await migrate({ ...options, action: { type: "digest" } })).toBe(true);
    expect(await column("SELECT to_regclass('sh1.users')")).toEqual([null]);
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
      code: "MIGRATE_OPTION_UNKNOWN",
      hint: expect.stringContaining("Did you mean parallelism?"),
    });
    const listDb = { ...options, action: { type: "list-db" } } as never;
    await expect(migrate(listDb)).rejects.toMatchObject({ code: "MIGRATE_OPTION_UNKNOWN" });
  });
});
