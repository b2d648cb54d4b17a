import { describe, expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { cluster, scenario } = scenarios({ nodes: 1 });

/**
 * What an administrator may have set to protect the application, each as short as can be. A session is idle until
 * its first message, which on a busy machine takes a while.
 */
const settingValues = {
  lock_timeout: "1ms",
  statement_timeout: "300ms",
  idle_session_timeout: "800ms",
  idle_in_transaction_session_timeout: "1ms",
};

describe("timeouts that are set for the role or the database", () => {
  it("end neither a long version, nor an idle session, nor a concurrent build that waits", async () => {
    const { database, migrations, start, ledger, column } = await scenario({
      shards: ["sh1", "sh2"],
    });
    const settings =
      cluster().node.major < 17
        ? settingValues
        : { ...settingValues, transaction_timeout: "300ms" };
    await migrations({
      "20240101000000.users.sh": "CREATE TABLE users(id int);",
      // One shard's session is idle meanwhile, and so is the connection of the run lock.
      "20240101000001.long.sh": "SELECT pg_sleep(1) WHERE current_schema = 'sh1';",
      "20240101000002.index.sh":
        "-- $parallelism_per_host = 1\nCREATE INDEX CONCURRENTLY users_id ON users(id);",
      "20240101000003.set.sh": "SET work_mem TO '5MB';",
      "20240101000004.long.sh": "SELECT pg_sleep(1) WHERE current_schema = 'sh2';",
    });
    const blocker = await database.connect();
    onTestFinished(() => blocker.end());
    for (const [name, value] of Object.entries(settings)) {
      await database.query(`ALTER DATABASE ${database.name} SET ${name} TO '${value}'`);
    }
    await blocker.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class");
    const run = start(["--json"]);
    await run.printed('"type":"step:waiting"');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await blocker.query("COMMIT");
    const { status, stdout } = await run.result;
    expect({ status, failures: stdout.match(/"type":"step:(failed|requeued)".*/g) }).toEqual({
      status: 0,
      failures: null,
    });
    for (const shard of ["sh1", "sh2"]) {
      expect(await ledger(shard)).toHaveLength(5);
      expect(
        await column(
          `SELECT indisvalid FROM pg_index WHERE indexrelid = '${shard}.users_id'::regclass`,
        ),
      ).toEqual([true]);
    }
  });
});
