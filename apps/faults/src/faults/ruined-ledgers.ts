import { whyNotThrough } from "../expectations.js";
import type { Fault } from "../fault.js";
import { insist, restoreLedger } from "../ruined-shard.js";
import { testVersion } from "../test-version.js";
import { usualWorkMs } from "./passing-trouble.js";

interface RuinedShard {
  readonly name: string;
  /** What somebody does to the shard `sh0001` of a node while versions are run. */
  readonly ruin: string;
  /** What must be done before the next run; `ledger`: write it anew. */
  readonly fix: "ledger" | "nothing";
  /** Whether the tool can go on as if nothing had happened. */
  readonly harmless?: true;
}

const shard = "sh0001";
const ledger = `${shard}.mig_versions_const()`;

/** One shard is ruined in mid-run: it may fail, with a reason; all others must come through. */
function ruinedShard({ name, ruin, fix, harmless }: RuinedShard): Fault {
  return {
    name,
    row: 29,
    versions: () => [1, 2, 3, 4].map((position) => testVersion(position, "plain")),
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      const run = scene.start();
      const struck = await run.isAtWorkFor(random.integer(0, usualWorkMs / 2));
      await insist(place.database, ruin);
      const ended = await run.ended;
      return {
        outcome: struck ? "struck" : "missed",
        runs: [ended],
        spared: scene.places.map(({ label }) => label),
        problems: harmless ? whyNotThrough(scene, ended) : [],
        ...(harmless === undefined && {
          ruined: new Set([`${place.label}/${shard}`, `${place.label}/sh0099`]),
        }),
        fix: async () => {
          if (fix === "ledger") {
            await restoreLedger(place.database, shard, scene.versions);
          }
        },
      };
    },
  };
}

export const ruinedLedgerFaults: readonly Fault[] = [
  ruinedShard({
    name: "ledger-without-list",
    ruin: `CREATE OR REPLACE FUNCTION ${ledger} RETURNS text LANGUAGE sql AS $$ SELECT 'no list'; $$`,
    fix: "ledger",
  }),
  ruinedShard({
    name: "ledger-of-another-history",
    ruin: `CREATE OR REPLACE FUNCTION ${ledger} RETURNS text LANGUAGE sql
           AS $$ SELECT '["19990101000000.other.sh"]'; $$`,
    fix: "ledger",
  }),
  ruinedShard({
    name: "ledger-returns-json",
    ruin: `DROP FUNCTION IF EXISTS ${ledger};
           CREATE FUNCTION ${ledger} RETURNS json LANGUAGE sql AS $$ SELECT '[]'::json; $$`,
    fix: "ledger",
  }),
  ruinedShard({
    name: "ledger-in-standard-sql",
    ruin: `DROP FUNCTION IF EXISTS ${ledger}; CREATE FUNCTION ${ledger} RETURNS text RETURN '[]'`,
    fix: "ledger",
  }),
  ruinedShard({
    name: "ledger-dropped",
    ruin: `DROP FUNCTION IF EXISTS ${ledger}`,
    fix: "ledger",
  }),
  ruinedShard({
    name: "ledger-overloaded",
    ruin: `CREATE FUNCTION ${shard}.mig_versions_const(int) RETURNS text LANGUAGE sql
           AS $$ SELECT 'another function'; $$`,
    fix: "nothing",
    harmless: true,
  }),
  ruinedShard({
    name: "schema-dropped",
    ruin: `DROP SCHEMA ${shard} CASCADE`,
    fix: "nothing",
  }),
  ruinedShard({
    name: "schema-renamed",
    ruin: `ALTER SCHEMA ${shard} RENAME TO sh0099`,
    fix: "nothing",
  }),
];
