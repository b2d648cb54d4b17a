import { cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expectEqual } from "./expectation.js";
import { runPgMig, shellLine } from "./pg-mig-command.js";
import type { ShopCluster } from "./shop-cluster.js";
import type { Stage } from "./stage.js";

export interface StoryOptions {
  readonly stage: Stage;
  readonly shop: ShopCluster;
  readonly signal: AbortSignal;
}

const migrations = fileURLToPath(new URL("../migrations", import.meta.url));

/** The shard that will not take the foreign key, and its node. */
const odd = { node: 1, shard: "sh0042" } as const;
const canary = "sh0001";
const shardCount = 72;
const config = `export default {
  rollout: {
    waves: [{ name: "canary", only: ["shard=${canary}", "shard=${odd.shard}"], soak: "2s" }],
  },
};
`;
const firstRelease = [
  "20260112101500.customer.sh",
  "20260119143000.purchase.sh",
  "20260126111500.customer-total.sh",
] as const;
const secondRelease = [
  "20260202093000.purchase-status.sh",
  "20260209160000.purchase-customer-fk.sh",
  "20260216084500.open-purchases.sh",
] as const;

/**
 * Plays the demo. Each act checks what it has brought about, in the exit status of the command and
 * in the databases.
 *
 * @throws ExpectationError when an act did not go as it should have; the reason of the signal when
 * the demo was interrupted.
 */
export async function playStory(options: StoryOptions): Promise<void> {
  for (const act of [newCluster, newRelease, fix, nothingToDo, map, drift]) {
    options.signal.throwIfAborted();
    await act(options);
  }
}

async function newCluster(options: StoryOptions): Promise<void> {
  const { stage, shop } = options;
  stage.heading("A new cluster");
  stage.say(
    "Three PostgreSQL servers run on this machine. They are empty: the first version,",
    "for the schema public, makes 24 shards (schemas) on each; three more versions",
    "then go to each of these 72 shards.",
  );
  await release(shop, (file) => file < "202602");
  await pgMig(options, ["--migdir=migrations", "--createdb"], { exitStatus: 0 });
  await expectVersions(shop, firstRelease);
}

async function newRelease(options: StoryOptions): Promise<void> {
  const { stage, shop } = options;
  stage.heading("A new release, which stops at its canary");
  await shop.fillShards();
  await shop.query(
    odd.node,
    `INSERT INTO ${odd.shard}.purchase (customer_id, total_cents) VALUES (4711, 1990)`,
  );
  stage.say(
    "The shop is in use: each shard has 50 customers and 200 purchases. In one shard,",
    `${odd.shard}, there is a purchase whose customer does not exist. Three new versions`,
    "arrive; the second adds the foreign key that this row violates. The config says who",
    "gets them first:",
    "",
    ...config
      .trimEnd()
      .split("\n")
      .map((line) => `  ${line}`),
  );
  await writeFile(join(shop.directory, "pg-mig.config.mjs"), config);
  await release(shop, () => true);
  await pgMig(options, ["--migdir=migrations"], { exitStatus: 1 });
  await expectVersions(shop, [...firstRelease, ...secondRelease], (shard) =>
    shard === canary ? [] : shard === odd.shard ? secondRelease.slice(1) : secondRelease,
  );
  const [index] = await shop.query<{ found: string | null }>(
    odd.node,
    `SELECT to_regclass('${odd.shard}.purchase_customer_id_idx') AS found`,
  );
  expectEqual("the half-made version's index", index?.found, null);
  stage.say(
    "",
    `70 shards were not touched. ${odd.shard} kept the first new version; of the second one`,
    "there is no trace in it, not even the index that was made before the error.",
  );
}

async function fix(options: StoryOptions): Promise<void> {
  const { stage, shop } = options;
  stage.heading("The fix: the next run does only what is left");
  const sql = `DELETE FROM ${odd.shard}.purchase WHERE customer_id = 4711`;
  stage.say("Somebody looks at the row and decides:", "", `  ${sql};`);
  await shop.query(odd.node, sql);
  await pgMig(options, ["--migdir=migrations"], { exitStatus: 0 });
  await expectVersions(shop, [...firstRelease, ...secondRelease]);
}

async function nothingToDo(options: StoryOptions): Promise<void> {
  options.stage.heading("Once more");
  await pgMig(options, ["--migdir=migrations"], { exitStatus: 0 });
}

async function map(options: StoryOptions): Promise<void> {
  options.stage.heading("The map: which versions are where");
  await pgMig(options, ["status", "--migdir=migrations"], { exitStatus: 0 });
}

async function drift(options: StoryOptions): Promise<void> {
  const { stage, shop } = options;
  stage.heading("What a shard has, not what it is said to have");
  const sql = `DROP INDEX ${odd.shard}.purchase_customer_id_idx`;
  stage.say(
    "All ledgers are equal. But somebody was in a hurry once, in one of the shards:",
    "",
    `  ${sql};`,
  );
  await shop.query(odd.node, sql);
  await pgMig(options, ["drift", "--migdir=migrations"], { exitStatus: 2 });
  const repair = `CREATE INDEX purchase_customer_id_idx ON ${odd.shard}.purchase (customer_id)`;
  stage.say("", "The catalogs tell which shard it is, and what it lacks:", "", `  ${repair};`);
  await shop.query(odd.node, repair);
  await pgMig(options, ["drift", "--migdir=migrations"], { exitStatus: 0 });
}

async function pgMig(
  { stage, shop, signal }: StoryOptions,
  args: readonly string[],
  expected: { readonly exitStatus: number },
): Promise<void> {
  signal.throwIfAborted();
  stage.command(shellLine(["pg-mig", ...args]));
  const exitStatus = await runPgMig(args, { cwd: shop.directory, env: shop.env, signal });
  signal.throwIfAborted();
  expectEqual("the exit status", exitStatus, expected.exitStatus);
}

/** Puts those of the demo's migration files that are wanted where the command looks for them. */
async function release(shop: ShopCluster, wanted: (file: string) => boolean): Promise<void> {
  await mkdir(shop.migrations, { recursive: true });
  const files = (await readdir(migrations)).filter(wanted);
  await Promise.all(files.map((file) => cp(join(migrations, file), join(shop.migrations, file))));
}

/** Checks that all shards have all these versions, but for what each of them still lacks. */
async function expectVersions(
  shop: ShopCluster,
  versions: readonly string[],
  lacking: (shard: string) => readonly string[] = () => [],
): Promise<void> {
  const ledgers = await shop.ledgers();
  expectEqual("the number of shards", ledgers.length, shardCount);
  for (const { shard, versions: found } of ledgers) {
    const missing = lacking(shard);
    const expected = versions.filter((version) => !missing.includes(version));
    expectEqual(`the ledger of ${shard}`, found, expected);
  }
}
