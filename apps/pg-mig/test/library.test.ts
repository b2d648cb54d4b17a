import pg from "pg";
import { loadDBDigest, migrate, type Report, type RunEvent } from "pg-mig";
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

describe('import { migrate, loadDBDigest } from "pg-mig"', () => {
  it("applies and undoes with no terminal: events, a report, and nothing printed", async () => {
    const { options, ledger } = await prepared();
    const printed = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")];
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    const events: RunEvent[] = [];
    const run = migrate(options);
    for await (const event of run) {
      events.push(event);
    }
    const report: Report = await run.result;
    expect(report).toMatchObject({ outcome: "done", planned: 4, done: 4 });
    expect(events.at(0)).toMatchObject({ type: "run:start", shards: 6, chains: 4 });
    expect(events.at(-1)).toEqual({ type: "run:done", report });
    expect(await ledger("sh1")).toEqual(["20240101000000.users.sh"]);

    const action = { type: "undo", version: "20240101000000.users.sh" } as const;
    expect((await migrate({ ...options, action }).result).outcome).toBe("done");
    expect(await ledger("sh1")).toEqual([]);
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled();
    }
  });

  it("rejects with what was found before anything was changed", async () => {
    const { options } = await prepared();
    await expect(migrate({ ...options, migDir: "nowhere" }).result).rejects.toMatchObject({
      code: "MIGRATION_DIRECTORY_MISSING",
    });
  });

  it("stops when its signal aborts", async () => {
    const { options, migrations } = await prepared();
    await migrations({ "20240102000000.sleep.sh": "SELECT pg_sleep(600);" });
    const controller = new AbortController();
    const run = migrate({ ...options, signal: controller.signal });
    for await (const event of run) {
      if (event.type === "step:start" && event.version.includes("sleep")) {
        controller.abort();
      }
    }
    expect(await run.result).toMatchObject({ outcome: "interrupted", failed: [] });
  });

  it("reads the digest of the cluster over the caller's own connections", async () => {
    const { options, pgMig, databases } = await prepared();
    await migrate(options).result;
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
