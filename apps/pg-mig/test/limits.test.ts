import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

const SHARDS = Array.from({ length: 6 }, (_, i) => `sh${i}`);

/** A version that notes when it began and ended, outside of what its transaction would hide. */
const noted = (limits: string) =>
  `${limits}\nCREATE TABLE t(began timestamptz, ended timestamptz);
   INSERT INTO t VALUES (clock_timestamp()); SELECT pg_sleep(0.05); UPDATE t SET ended = clock_timestamp();\n`;

/** The most that ran at a time, over the nodes that are given together. */
async function mostAtATime(limits: string, other?: string) {
  const { migrations, pgMig, column, databases } = await scenario({ shards: SHARDS });
  await migrations({ "1.noted.sh": noted(limits), ...(other ? { "1.x.public": other } : {}) });
  const { status, stdout } = await pgMig();
  expect({ status, stdout }).toMatchObject({ status: 0 });
  const union = SHARDS.map((shard) => `SELECT began, ended FROM ${shard}.t`).join(" UNION ALL ");
  const spans = await Promise.all(
    databases.map(async (database) => {
      const rows = await column(
        `SELECT json_build_array(extract(epoch FROM began), extract(epoch FROM ended)) FROM (${union}) AS all_shards`,
        database,
      );
      return rows as [number, number][];
    }),
  );
  const overlaps = (all: readonly [number, number][]) =>
    Math.max(
      ...all.map(([at]) => all.filter(([began, ended]) => began <= at && at < ended).length),
    );
  return { perNode: Math.max(...spans.map(overlaps)), global: overlaps(spans.flat()), spans };
}

describe("limits in pseudo comments", () => {
  it("without any, shards of both nodes run at once", async () => {
    expect((await mostAtATime("")).global).toBeGreaterThan(2);
  });

  it("$parallelism_per_host counts over the nodes of one host name", async () => {
    // Both nodes are on 127.0.0.1.
    expect((await mostAtATime("-- $parallelism_per_host = 2")).global).toBeLessThanOrEqual(2);
  });

  it("$parallelism_global counts over the cluster", async () => {
    expect((await mostAtATime("-- $parallelism_global = 1")).global).toBe(1);
  });

  it("$run_alone lets nothing else run anywhere", async () => {
    expect((await mostAtATime("-- $run_alone = 1")).global).toBe(1);
  });

  it("$delay holds the limits for so long behind each shard", async () => {
    const { spans } = await mostAtATime("-- $parallelism_global = 1\n-- $delay = 100");
    const sorted = spans.flat().sort(([a], [b]) => a - b);
    const gaps = sorted.slice(1).map(([began], i) => began - (sorted[i]?.[1] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.099);
  });

  it("--parallelism is how many run per node", async () => {
    const { migrations, start, column } = await scenario({ shards: SHARDS });
    await migrations({ "1.sleep.sh": "SELECT pg_sleep(0.1);" });
    const run = start(["--parallelism=1"]);
    const ended = run.result.then(() => true);
    let most = 0;
    while (
      !(await Promise.race([ended, new Promise<false>((r) => setTimeout(() => r(false), 10))]))
    ) {
      const [count] = await column(
        "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
      );
      most = Math.max(most, Number(count));
    }
    expect(most).toBe(1);
    expect((await run.result).status).toBe(0);
  });
});
