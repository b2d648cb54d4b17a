import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const shards = ["sh1", "sh2", "sh3", "sh4"];
const version = "20240101000000.a.sh";

/** Databases of one server, so that a step sees the sessions of all of them; each is a node. */
async function databasesOfOneServer(count: number) {
  const given = await scenario({ shards });
  const others = await Promise.all(
    Array.from({ length: count - 1 }, async () => {
      const { databases } = await scenario({ shards });
      return databases;
    }),
  );
  const databases = [given.databases, ...others].flat();
  return { ...given, databases, env: { PGHOST: databases.map(({ url }) => url).join(",") } };
}

describe("--max-sessions", () => {
  it.each([
    { most: 1, first: "" },
    { most: 2, first: "" },
    { most: 5, first: "" },
    { most: 2, first: "-- $parallelism_global=1" },
    { most: 2, first: "-- $run_alone=1" },
    { most: 2, first: "-- $delay=20" },
  ])("no step sees more sessions than $most, and all is done $first", async ({ most, first }) => {
    const { databases, env, migrations, column, pgMig } = await databasesOfOneServer(4);
    await migrations({ [version]: `${first}\nCREATE TABLE seen AS ${open}` });
    const { status, stdout, stderr } = await pgMig([`--max-sessions=${most}`], { env });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    const seen = await Promise.all(
      databases.flatMap((database) =>
        shards.map(async (shard) =>
          Number((await column(`SELECT n FROM ${shard}.seen`, database))[0]),
        ),
      ),
    );
    // Each node has one session more, for its lock.
    expect(Math.max(...seen)).toBeLessThanOrEqual(most + databases.length);
  });
});

/** All sessions but those of the tests themselves. */
const open = `SELECT count(*)::int AS n FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND application_name <> 'testkit'`;
