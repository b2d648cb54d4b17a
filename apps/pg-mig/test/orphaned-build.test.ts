import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

describe("a run whose predecessor was killed while it built an index", () => {
  it("waits until the orphaned build has ended, blocks nobody meanwhile, and leaves one valid index", async () => {
    const { database, migrations, start, ledger, column } = await scenario({ shards: ["sh1"] });
    await migrations({
      "20240101000000.users.sh": "CREATE TABLE users(id int);",
      "20240101000001.index.sh":
        "-- $parallelism_per_host = 1\nCREATE INDEX CONCURRENTLY users_id ON users(id);",
    });
    const blocker = await database.connect();
    onTestFinished(() => blocker.end());
    await blocker.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");

    const killed = start(["--json"]);
    await killed.printed('"phase":"waiting for old snapshots"');
    // It has started before: after five seconds, the server notices that nobody waits for the build.
    const second = start(["--json", "--wait=1m"]);
    await second.printed("Waiting for another run");
    killed.kill("SIGKILL");
    await killed.result;

    // The application, which would hang behind whoever waits for an exclusive lock of the table.
    const application = await database.connect();
    await application.query("SET lock_timeout TO '300ms'");
    let running = true;
    const reading = (async () => {
      while (running) {
        await application.query("SELECT count(*) FROM sh1.users");
      }
      await application.end();
    })();
    await second.printed('"reason":"shard-taken"');
    await blocker.query("COMMIT");
    const { status, stdout } = await second.result;
    running = false;
    await reading;
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /"reason":"shard-taken".*"blockedBy":\[\{.*"application":"pg-mig apply /,
    );
    expect(await ledger("sh1")).toHaveLength(2);
    expect(
      await column(
        `SELECT c.relname || ' ' || indisvalid FROM pg_index JOIN pg_class c ON c.oid = indexrelid
         WHERE indrelid = 'sh1.users'::regclass`,
      ),
    ).toEqual(["users_id true"]);
  });
});
