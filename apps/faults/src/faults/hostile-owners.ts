import type { Fault, Injected } from "../fault.js";
import type { ScenePlace } from "../scene.js";
import { testVersion } from "../test-version.js";
import { type EndedRun, reportOf } from "../tool-run.js";

const shard = "sh0001";

/** On which types operators are planted: what a statement of the tool compares or computes with. */
const types = ["oid", "int4", "int8", "name", "text", "numeric", "oidvector", "bool"];

/**
 * Operators that win over those of pg_catalog where the path of the database has `public` first, or
 * where their operands fit better. None does its work: each counts its calls, which no rollback takes
 * back.
 */
const plantOperators = (database: string) => `
  CREATE SCHEMA debug_hostile;
  CREATE SEQUENCE debug_hostile.calls;
  DO $do$ DECLARE l text; r text; o text; s text; n int := 0; BEGIN
    FOREACH l IN ARRAY '{${types.join(",")}}'::text[] LOOP FOREACH r IN ARRAY '{${types.join(",")}}'::text[] LOOP
      n := n + 1;
      EXECUTE format($f$CREATE FUNCTION debug_hostile.f%s(%s, %s) RETURNS bool LANGUAGE plpgsql AS
        $b$ BEGIN PERFORM pg_catalog.nextval('debug_hostile.calls'::pg_catalog.regclass); RETURN true; END $b$ $f$, n, l, r);
      FOREACH o IN ARRAY '{=,<>,<,!~,~,*,-,||}'::text[] LOOP FOREACH s IN ARRAY '{public,${shard}}'::text[] LOOP
        EXECUTE format('CREATE OPERATOR %I.%s (FUNCTION = debug_hostile.f%s, LEFTARG = %s, RIGHTARG = %s)', s, o, n, l, r);
      END LOOP; END LOOP;
    END LOOP; END LOOP;
  END $do$;
  ALTER DATABASE ${database} SET search_path TO public, pg_catalog;`;

const hostileOperators: Fault = {
  name: "hostile-operators",
  row: 31,
  // None of these calls an operator.
  versions: () => [
    testVersion(1, "plain"),
    testVersion(2, "concurrent"),
    testVersion(3, "ends-transaction"),
  ],
  async inject(scene) {
    for (const { database } of scene.places) {
      await database.query(plantOperators(database.name));
    }
    const run = await scene.run();
    const problems: string[] = [];
    for (const { database, label } of scene.places) {
      const [calls] = await database.query("SELECT last_value, is_called FROM debug_hostile.calls");
      if (calls?.is_called) {
        problems.push(`${label}: hostile operators were called`);
      }
      await database.query(
        `ALTER DATABASE ${database.name} RESET ALL; DROP SCHEMA debug_hostile CASCADE`,
      );
    }
    const failed = run.status === 0 ? [] : [`status ${run.status}: ${run.stderr}`];
    return { outcome: "struck", runs: [run], problems: [...problems, ...failed] };
  },
};

interface TakenEntry {
  readonly name: string;
  /** What somebody has put into a database, for the version with this name. */
  readonly plant: (version: string) => string;
  readonly remove: string;
  /** With which code the version fails. */
  readonly code: string;
  /** Whether it is there, without its entry. */
  readonly isThere: boolean;
}

/** Something takes entries out of one shard's ledger: a version there fails, says so, and ran once. */
function takenEntry({ name, plant, remove, code, isThere }: TakenEntry): Fault {
  return {
    name,
    row: 31,
    // They would not notice that they run twice.
    versions: () => [1, 2, 3, 4].map((position) => testVersion(position, "rows")),
    async inject(scene, random): Promise<Injected> {
      const { place, others } = scene.drawPlace(random);
      const version = testVersion(random.integer(1, 4), "rows").name;
      await place.database.query(plant(version));
      const run = await scene.run();
      const applied = await place.database.query(`SELECT version FROM ${shard}.applied`);
      const names = applied.map((row) => String(row.version)).sort();
      const twice = names.filter((one, index) => names.indexOf(one) !== index);
      return {
        outcome: "struck",
        runs: [run],
        spared: others.map(({ label }) => label),
        problems: [
          ...notTold(run, { place, version, code }),
          ...twice.map((one) => `${place.label}/${shard}: ${one} ran again without its entry`),
        ],
        ...(isThere && { ruined: new Set([`${place.label}/${shard}`]) }),
        fix: async () => {
          await place.database.query(remove);
          if (!isThere) {
            return;
          }
          await place.database.query(`DROP FUNCTION IF EXISTS ${shard}.mig_versions_const();
            CREATE FUNCTION ${shard}.mig_versions_const() RETURNS text LANGUAGE sql
              AS $$ SELECT '${JSON.stringify([...new Set(names)])}'; $$`);
        },
      };
    },
  };
}

function notTold(
  run: EndedRun,
  {
    place,
    version,
    code,
  }: { readonly place: ScenePlace; readonly version: string; readonly code: string },
): string[] {
  const told = reportOf(run)?.failed.some(
    (failure) =>
      failure.node === place.label &&
      failure.shard === shard &&
      failure.version === version &&
      failure.error.code === code,
  );
  return told === true
    ? []
    : [`${place.label}/${shard}: nobody was told ${code} of ${version}: ${run.stderr}`];
}

export const hostileOwnerFaults: readonly Fault[] = [
  hostileOperators,
  takenEntry({
    name: "entry-taken-at-commit",
    plant: (version) => `
      CREATE FUNCTION ${shard}.take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DROP FUNCTION IF EXISTS ${shard}.mig_versions_const(); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER take AFTER INSERT ON ${shard}.applied DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (new.version = '${version}') EXECUTE FUNCTION ${shard}.take()`,
    remove: `DROP TRIGGER take ON ${shard}.applied; DROP FUNCTION ${shard}.take()`,
    code: "LEDGER_ENTRY_LOST",
    isThere: true,
  }),
  takenEntry({
    name: "entry-rewritten-as-it-is-stored",
    plant: (version) => `
      CREATE FUNCTION public.rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE pg_proc SET prosrc = ' SELECT ''[]''; ' WHERE proname = 'mig_versions_const'
          AND pronamespace = '${shard}'::regnamespace AND prosrc LIKE '%${version}%'; END $$;
      CREATE EVENT TRIGGER rewrite ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION')
        EXECUTE FUNCTION public.rewrite()`,
    remove: "DROP EVENT TRIGGER rewrite; DROP FUNCTION public.rewrite()",
    code: "LEDGER_NOT_STORED",
    isThere: false,
  }),
];
