import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });

/** One version on one shard, from its first statement to its last, by the clock of the machine. */
interface Ran {
  readonly node: number;
  readonly version: string;
  readonly startMs: number;
  readonly endMs: number;
}

const noteText = "INSERT INTO public.ran SELECT '%', 1000 * extract(epoch FROM clock_timestamp());";

/** A version that notes when it ran, and takes a while. */
function slow(version: string, limits: readonly string[] = []): Record<string, string> {
  const note = noteText.replace("%", version);
  return { [version]: [...limits, note, "SELECT pg_sleep(0.1);", note].join("\n") };
}

/** Two nodes of one host name, with five shards each, and what ran there. */
async function noting() {
  const shards = ["sh1", "sh2", "sh3", "sh4", "sh5"];
  const prepared = await scenario({ shards });
  for (const database of prepared.databases) {
    await database.query(
      "CREATE TABLE ran(version text, at float8, tx xid8 DEFAULT pg_current_xact_id())",
    );
  }
  const ran = async (): Promise<Ran[]> => {
    const read = prepared.databases.map(async (database, node) => {
      const rows = await database.query(
        "SELECT version, min(at) AS start, max(at) AS end FROM ran GROUP BY tx, version",
      );
      return rows.map(
        ({ version, start, end }): Ran => ({
          node,
          version: String(version),
          startMs: Number(start),
          endMs: Number(end),
        }),
      );
    });
    return (await Promise.all(read)).flat();
  };
  // What runs at once shall not depend on what else this process does.
  const pgMig: typeof prepared.pgMig = (args, options) =>
    prepared.pgMig(args, { process: "own", ...options });
  return { ...prepared, pgMig, ran };
}

/** How many ran at the busiest moment. */
function mostAtOnce(ran: readonly Ran[]): number {
  return Math.max(...ran.map((one) => ran.filter((other) => contains(other, one.startMs)).length));
}

function contains({ startMs, endMs }: Ran, momentMs: number): boolean {
  return startMs <= momentMs && momentMs <= endMs;
}

describe("--parallelism", () => {
  it("limits the shards in flight on each node", async () => {
    const { migrations, pgMig, ran } = await noting();
    await migrations(slow("1.a.sh"));
    expect((await pgMig(["--parallelism=2"])).status).toBe(0);
    const all = await ran();
    expect(all).toHaveLength(10);
    expect(mostAtOnce(all.filter(({ node }) => node === 0))).toBe(2);
    expect(mostAtOnce(all.filter(({ node }) => node === 1))).toBe(2);
    expect(mostAtOnce(all)).toBeGreaterThan(2);
  });
});

describe("$parallelism_per_host", () => {
  const limited = slow("1.a.sh", ["-- $parallelism_per_host = 2"]);

  it("is shared by nodes of one host name", async () => {
    const { migrations, pgMig, ran } = await noting();
    await migrations(limited);
    expect((await pgMig()).status).toBe(0);
    expect(await ran()).toHaveLength(10);
    expect(mostAtOnce(await ran())).toBe(2);
  });

  it("is had by each host name", async () => {
    const { migrations, pgMig, ran, databases } = await noting();
    await migrations(limited);
    const [first, second] = databases.map(({ url }) => url);
    const pghost = `${first},${second?.replace("127.0.0.1", "localhost")}`;
    expect((await pgMig([], { env: { PGHOST: pghost } })).status).toBe(0);
    const all = await ran();
    expect(mostAtOnce(all.filter(({ node }) => node === 0))).toBe(2);
    expect(mostAtOnce(all.filter(({ node }) => node === 1))).toBe(2);
    expect(mostAtOnce(all)).toBeGreaterThan(2);
  });
});

describe("$parallelism_global", () => {
  it("limits the shards of the whole cluster, and only for its own version", async () => {
    const { migrations, pgMig, ran } = await noting();
    await migrations({
      ...slow("1.a.sh", ["-- $parallelism_global = 3"]),
      ...slow("2.b.sh"),
    });
    expect((await pgMig()).status).toBe(0);
    const all = await ran();
    expect(all).toHaveLength(20);
    expect(mostAtOnce(all.filter(({ version }) => version === "1.a.sh"))).toBe(3);
    // Its slots are not idle meanwhile: the next version runs where this one is done.
    expect(mostAtOnce(all)).toBeGreaterThan(3);
  });
});

describe("$delay", () => {
  it("keeps the limits taken for so long after each shard", async () => {
    const { migrations, pgMig, ran } = await noting();
    await migrations(slow("1.a.sh", ["-- $parallelism_global = 1", "-- $delay = 70"]));
    expect((await pgMig()).status).toBe(0);
    const all = (await ran()).sort((a, b) => a.startMs - b.startMs);
    expect(all).toHaveLength(10);
    for (const [i, one] of all.slice(1).entries()) {
      // The command's clock has whole milliseconds.
      expect(one.startMs - Number(all[i]?.endMs)).toBeGreaterThan(69);
    }
  });
});

describe("$run_alone", () => {
  it("lets nothing else run anywhere in the cluster meanwhile", async () => {
    const { migrations, pgMig, ran, databases } = await noting();
    for (const database of databases) {
      for (const shard of ["x1", "x2", "x3"]) {
        await database.query(`CREATE SCHEMA ${shard}`);
      }
    }
    await migrations({
      ...slow("1.a.sh"),
      ...slow("2.alone.sh", ["-- $run_alone = 1"]),
      ...slow("3.b.sh"),
      ...slow("1.x.x"),
      ...slow("2.y.x"),
      ...slow("3.z.x"),
    });
    expect((await pgMig()).status).toBe(0);
    const all = await ran();
    expect(all).toHaveLength(10 * 3 + 6 * 3);
    const alone = all.filter(({ version }) => version === "2.alone.sh");
    expect(alone).toHaveLength(10);
    for (const one of alone) {
      const beside = all.filter(
        (other) => other !== one && other.startMs <= one.endMs && one.startMs <= other.endMs,
      );
      expect(beside).toEqual([]);
    }
    expect(mostAtOnce(all)).toBeGreaterThan(1);
  });

  it("goes together with all other limits, and every chain ends", async () => {
    const { migrations, pgMig, ran } = await noting();
    await migrations({
      ...slow("1.a.sh", ["-- $parallelism_per_host = 1", "-- $delay = 5"]),
      ...slow("2.b.sh", ["-- $parallelism_global = 2", "-- $parallelism_per_host = 3"]),
      ...slow("3.c.sh", ["-- $run_alone = 1", "-- $delay = 5", "-- $parallelism_global = 1"]),
    });
    const { status, stdout } = await pgMig(["--parallelism=3"]);
    expect(status).toBe(0);
    expect(stdout).toContain("Done: 30 of 30 steps applied");
    const all = await ran();
    const of = (version: string) => all.filter((one) => one.version === version);
    expect(mostAtOnce(of("1.a.sh"))).toBe(1);
    expect(mostAtOnce(of("2.b.sh"))).toBeLessThanOrEqual(2);
    expect(mostAtOnce(of("3.c.sh"))).toBe(1);
  });
});

describe("a pseudo comment that makes no sense", () => {
  it("is refused with its place before anything runs, all of them at once", async () => {
    const { migrations, pgMig, ran } = await noting();
    await migrations({
      ...slow("1.a.sh"),
      "2.b.sh": "\n-- $paralelism_global = 1\n-- $run_alone = yes",
      "3.c.sh": "-- $parallelism_per_host = 0\n-- $delay = -1",
      "4.d.sh": "SELECT '\n-- $nothing = 1\n'; /*\n-- $nothing = 1\n*/",
    });
    const { status, stderr } = await pgMig([], { process: "this" });
    expect(status).toBe(1);
    for (const place of [
      /2\.b\.sh\.up\.sql:2:1: unknown pseudo comment \$paralelism_global/,
      /2\.b\.sh\.up\.sql:3:1: .*\$run_alone.*"yes"/,
      /3\.c\.sh\.up\.sql:1:1: .*\$parallelism_per_host.*"0"/,
      /3\.c\.sh\.up\.sql:2:1: .*\$delay.*"-1"/,
    ]) {
      expect(stderr).toMatch(place);
    }
    expect(stderr).not.toContain("4.d.sh");
    expect(await ran()).toEqual([]);
  });
});
