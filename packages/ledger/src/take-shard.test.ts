import { createHash } from "node:crypto";
import { startNodes, type TestCluster, type TestDatabase } from "@pg-mig/testkit";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { loadDBDigest } from "./db-digest.js";
import { readNodeLedger, readShardLedger, storeDigestSql } from "./node-ledger.js";
import { type LedgerEntry, type ShardLedger, storeLedgerSql } from "./shard-ledger.js";
import {
  prepareTakeSql,
  releaseShardSql,
  shardHoldersSql,
  takeFailure,
  takePreparedSql,
  takeShardSql,
} from "./take-shard.js";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startNodes();
}, 60_000);

afterAll(async () => {
  await cluster?.stop();
});

async function databaseWith(...schemas: string[]): Promise<TestDatabase> {
  const database = await (cluster.nodes[0] as TestCluster["nodes"][number]).createDatabase();
  onTestFinished(() => database.drop());
  for (const schema of schemas) {
    await database.query(`CREATE SCHEMA ${schema}`);
  }
  return database;
}

async function connect(database: TestDatabase): Promise<pg.Client> {
  const client = await database.connect();
  onTestFinished(() => client.end());
  return client;
}

async function ledgerOf(client: pg.Client, shard: string): Promise<ShardLedger> {
  const ledger = await readShardLedger(client, shard);
  if (ledger === undefined) {
    throw new Error(`no shard ${shard}`);
  }
  return ledger;
}

async function digestOver(client: pg.Client): Promise<string> {
  return await loadDBDigest([client], async (_, sql) => (await client.query(sql)).rows);
}

/** The statements of a guard, with what it needs before them. */
type Guard = (ledger: ShardLedger) => readonly string[];

const asText: Guard = (ledger) => takeShardSql(ledger);
const prepared: Guard = (ledger) => [
  "DEALLOCATE ALL",
  ...prepareTakeSql(),
  ...takePreparedSql(ledger),
];

/** Runs a version in one transaction, as the executor does; rejects with the server's error. */
async function transact(
  client: pg.Client,
  ledger: ShardLedger,
  entries: readonly LedgerEntry[],
  guard = asText,
): Promise<void> {
  const begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
  const sql = [begin, ...guard(ledger), ...storeLedgerSql(ledger.shard, entries)];
  try {
    await client.query(sql.join(";\n"));
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

function failureOf(error: unknown) {
  const { code, message } = error as pg.DatabaseError;
  return takeFailure({ sqlState: code, message });
}

describe("the ledger of a shard", () => {
  it("is stored, read and evaluated in a schema of any name", async () => {
    const name = `Sh "a'b; --\\ $$ é`;
    const database = await databaseWith(`"${name.replaceAll('"', '""')}"`);
    const client = await connect(database);
    const entries = [{ version: `1.it's "a\\b".sh` }, { version: "2.$$.sh" }];
    await transact(client, await ledgerOf(client, name), entries);
    expect((await ledgerOf(client, name)).entries).toEqual(entries);
    const { rows } = await client.query(
      `SELECT ${client.escapeIdentifier(name)}.mig_versions_const() AS list`,
    );
    expect(JSON.parse(rows[0].list)).toEqual(entries.map(({ version }) => version));
  });

  it("is read with all others of the node, but those of PostgreSQL and debug_ schemas", async () => {
    const database = await databaseWith("sh1", "debug_x", "pgx");
    const client = await connect(database);
    await transact(client, await ledgerOf(client, "sh1"), [{ version: "1.a.sh" }]);
    await client.query(`BEGIN; ${storeDigestSql("1.abc").join(";")}; COMMIT`);
    const { shards, digest, fingerprint } = await readNodeLedger(client);
    expect(shards.map(({ shard, entries }) => [shard, entries.length])).toEqual([
      ["pgx", 0],
      ["public", 0],
      ["sh1", 1],
    ]);
    expect({ digest, fingerprint }).toEqual({ digest: "1.abc", fingerprint: undefined });
  });

  it("is in no function that takes arguments, and the digest of a node in none of a shard", async () => {
    const database = await databaseWith("sh1");
    const client = await connect(database);
    const [withArgument, ofShard] = ["mig_versions_const(int)", "mig_digest_const()"];
    for (const name of [`sh1.${withArgument}`, "public.mig_digest_const(int)", `sh1.${ofShard}`]) {
      await client.query(
        `CREATE FUNCTION ${name} RETURNS text LANGUAGE sql AS $$ SELECT '["3.c"]'; $$`,
      );
    }
    expect((await ledgerOf(client, "sh1")).storedHash).toBeUndefined();
    expect((await readNodeLedger(client)).digest).toBeUndefined();
    expect(await digestOver(client)).toBe("0");
    await client.query(`BEGIN; ${storeDigestSql("1.abc").join(";")}; COMMIT`);
    expect((await readNodeLedger(client)).digest).toBe("1.abc");
    expect(await digestOver(client)).toBe("1.abc");
  });

  it("is read with the operators of PostgreSQL, whatever others the path has before them", async () => {
    const database = await databaseWith("sh1");
    const client = await connect(database);
    await transact(client, await ledgerOf(client, "sh1"), [{ version: "1.a.sh" }]);
    await client.query(`BEGIN; ${storeDigestSql("1.abc").join(";")}; COMMIT`);
    for (const type of ["name", "oid", "oidvector"]) {
      await client.query(
        `CREATE FUNCTION sh1.never(${type}, ${type}) RETURNS bool LANGUAGE sql AS 'SELECT false'`,
      );
      for (const operator of ["=", "<>"]) {
        await client.query(
          `CREATE OPERATOR sh1.${operator} (FUNCTION = sh1.never, LEFTARG = ${type}, RIGHTARG = ${type})`,
        );
      }
    }
    await client.query(`CREATE FUNCTION sh1.never(name, text) RETURNS bool LANGUAGE sql AS 'SELECT false';
      CREATE OPERATOR sh1.!~ (FUNCTION = sh1.never, LEFTARG = name, RIGHTARG = text)`);
    await client.query("SET search_path TO sh1, pg_catalog");
    expect((await ledgerOf(client, "sh1")).entries).toEqual([{ version: "1.a.sh" }]);
    expect((await readNodeLedger(client)).digest).toBe("1.abc");
    expect(await digestOver(client)).toBe("1.abc");
  });

  it("is stored by the role that connected, whatever role the migration took", async () => {
    const database = await databaseWith("sh1");
    const client = await connect(database);
    const ledger = await ledgerOf(client, "sh1");
    const store = storeLedgerSql("sh1", [{ version: "1.a.sh" }]);
    for (const taken of ["SET ROLE pg_monitor", "SET SESSION AUTHORIZATION pg_monitor"]) {
      await client.query("DROP FUNCTION IF EXISTS sh1.mig_versions_const()");
      await client.query(
        ["BEGIN", taken, "SET search_path TO public, sh1", ...store, "COMMIT"].join(";"),
      );
      expect((await ledgerOf(client, "sh1")).entries).not.toEqual(ledger.entries);
      const { rows } = await client.query(
        `SELECT proowner = session_user::regrole AS mine, proconfig FROM pg_proc
          WHERE proname = 'mig_versions_const'`,
      );
      expect(rows).toEqual([{ mine: true, proconfig: ["search_path=sh1"] }]);
    }
  });
});

describe.each([
  ["text", asText],
  ["prepared statements", prepared],
])("the guard of a transaction, as %s,", (_, guard) => {
  it("refuses a shard that another transaction has taken, without waiting", async () => {
    const database = await databaseWith("sh1", "sh2");
    const [one, two] = [await connect(database), await connect(database)];
    const ledger = await ledgerOf(one, "sh1");
    await one.query(["BEGIN", ...guard(ledger)].join(";"));
    const refused = await transact(two, ledger, [], guard).catch(failureOf);
    expect(refused).toBe("shard-taken");
    await transact(two, await ledgerOf(two, "sh2"), [], guard);
  });

  it("refuses a ledger that changed, appeared, or went away with its schema", async () => {
    const database = await databaseWith("sh1");
    const client = await connect(database);
    const empty = await ledgerOf(client, "sh1");
    await transact(client, empty, [{ version: "1.a.sh" }], guard);
    expect(await transact(client, empty, [], guard).catch(failureOf)).toBe("ledger-changed");
    const one = await ledgerOf(client, "sh1");
    await client.query("DROP SCHEMA sh1 CASCADE; CREATE SCHEMA sh1");
    expect(await transact(client, one, [], guard).catch(failureOf)).toBe("ledger-changed");
  });

  it("refuses a shard whose schema was dropped or renamed, whatever has its name now", async () => {
    const database = await databaseWith("sh1", "sh2");
    const client = await connect(database);
    await transact(client, await ledgerOf(client, "sh2"), [{ version: "1.a.sh" }], guard);
    for (const shard of ["sh1", "sh2"]) {
      const ledger = await ledgerOf(client, shard);
      await client.query(`ALTER SCHEMA ${shard} RENAME TO old_${shard}; CREATE SCHEMA ${shard}`);
      expect(await transact(client, ledger, [], guard).catch(failureOf)).toBe("ledger-changed");
      const again = await ledgerOf(client, shard);
      await client.query(`DROP SCHEMA ${shard}`);
      expect(await transact(client, again, [], guard).catch(failureOf)).toBe("ledger-changed");
    }
  });

  it.each(["read committed", "repeatable read"])(
    "loses no version while seven writers change the same ledgers, where the default is %s",
    async (level) => {
      const shards = ["sh1", "sh2", "sh3"];
      const database = await databaseWith(...shards);
      await database.query(
        `ALTER DATABASE ${database.name} SET default_transaction_isolation TO '${level}'`,
      );
      const rounds = 40;
      let committed = 0;
      // All plan from ledgers that they read before, on connections whose caches are warm.
      const work = async (worker: string) => {
        const client = await connect(database);
        for (let i = 0; i < rounds; i++) {
          const shard = shards[(i + worker.length) % shards.length] as string;
          await client.query(`SELECT ${shard}.mig_versions_const()`).catch(() => {});
          for (let applied = false; !applied; ) {
            const ledger = await ledgerOf(client, shard);
            const entries = [...ledger.entries, { version: `${worker}.${i}` }];
            applied = await transact(client, ledger, entries, guard).then(
              () => true,
              (error) => {
                if (failureOf(error) === undefined) {
                  throw error;
                }
                return false;
              },
            );
          }
          committed++;
        }
      };
      await Promise.all(["w", "ww", "www", "wwww", "wwwww", "wwwwww", "outside"].map(work));
      const client = await connect(database);
      const entries = (await Promise.all(shards.map((shard) => ledgerOf(client, shard)))).flatMap(
        (ledger) => ledger.entries.map(({ version }) => version),
      );
      expect(committed).toBe(7 * rounds);
      expect(entries).toHaveLength(committed);
      expect(new Set(entries).size).toBe(committed);
    },
    60_000,
  );
});

describe("takeShardSql", () => {
  it("holds a session's shard over transactions until it is released", async () => {
    const database = await databaseWith("sh1");
    const [one, two] = [await connect(database), await connect(database)];
    const ledger = await ledgerOf(one, "sh1");
    await one.query(takeShardSql(ledger, "session").join(";"));
    expect(await transact(two, ledger, []).catch(failureOf)).toBe("shard-taken");
    await transact(one, ledger, []);
    await one.query(releaseShardSql("sh1"));
    await transact(two, await ledgerOf(two, "sh1"), []);
  });

  it("names who holds a shard, in either scope, and nobody else", async () => {
    const [database, other] = [await databaseWith("sh1", "sh2"), await databaseWith("sh1")];
    const holders = async () =>
      (await database.query<{ pid: number }>(shardHoldersSql("sh1"))).map(({ pid }) => pid);
    const pidOf = async (client: pg.Client) =>
      (await client.query("SELECT pg_backend_pid() AS pid")).rows[0].pid;
    const take = async (on: TestDatabase, shard: string) => {
      const client = await connect(on);
      const sql = takeShardSql(await ledgerOf(client, shard));
      await client.query(["BEGIN", ...sql].join(";"));
      return client;
    };
    await take(database, "sh2");
    await take(other, "sh1");
    // Keys that are one number less, and the single-bigint key that is made of the same two numbers.
    const [first, second] = [
      1885826407,
      createHash("sha256").update("sh1").digest().readInt32BE(0),
    ];
    const whole = BigInt.asIntN(64, (BigInt(first) << 32n) | BigInt.asUintN(32, BigInt(second)));
    const stranger = await connect(database);
    await stranger.query(
      `SELECT pg_advisory_lock(${first - 1}, ${second}), pg_advisory_lock(${first}, ${second - 1}),
        pg_advisory_lock(${whole})`,
    );
    expect(await holders()).toEqual([]);
    const client = await take(database, "sh1");
    expect(await holders()).toEqual([await pidOf(client)]);
    await client.query("COMMIT");
    const session = await connect(database);
    await session.query(takeShardSql(await ledgerOf(session, "sh1"), "session").join(";"));
    expect(await holders()).toEqual([await pidOf(session)]);
    await session.query(releaseShardSql("sh1"));
    expect(await holders()).toEqual([]);
  });

  it("takes no other error for a refusal", async () => {
    const database = await databaseWith();
    const error = await database.query("SELECT 'ledger'::text::int").catch((e) => e);
    expect(error.code).toBe("22P02");
    expect(failureOf(error)).toBeUndefined();
  });
});

describe("takePreparedSql", () => {
  it("sees what was committed since it was executed last", async () => {
    const database = await databaseWith("sh1");
    const [one, two] = [await connect(database), await connect(database)];
    await one.query(prepareTakeSql().join(";"));
    const again: Guard = (ledger) => takePreparedSql(ledger);
    // After five times a server keeps one plan for all.
    for (let i = 0; i < 8; i++) {
      await transact(one, await ledgerOf(one, "sh1"), [{ version: `1.${i}.sh` }], again);
    }
    const before = await ledgerOf(one, "sh1");
    await transact(two, before, [{ version: "2.a.sh" }]);
    expect(await transact(one, before, [], again).catch(failureOf)).toBe("ledger-changed");
    await transact(one, await ledgerOf(one, "sh1"), [], again);
  });
});
