import type { Fault } from "../fault.js";
import { insist } from "../ruined-shard.js";
import { testVersion } from "../test-version.js";
import type { EndedRun } from "../tool-run.js";

const shard = "sh0001";

/** Steps that were begun again on the shard after they had been done, though no server was lost. */
function repeated({ events }: EndedRun, node: string): string[] {
  const done = new Set<string>();
  return events.flatMap((event) => {
    if (!("shard" in event) || event.shard !== shard || event.node !== node) {
      return [];
    }
    if (event.type === "step:done") {
      done.add(event.version);
    }
    return event.type === "step:start" && done.has(event.version)
      ? [`${node}/${shard}: ${event.version} was run again after it was done`]
      : [];
  });
}

export const takenEntryFaults: readonly Fault[] = [
  {
    name: "entry-dropped-at-commit",
    row: 29,
    versions: () => [1, 2, 3].map((position) => testVersion(position, "rows")),
    async inject(scene, random) {
      const { place } = scene.drawPlace(random);
      await insist(
        place.database,
        `CREATE TABLE ${shard}.bell(); CREATE FUNCTION ${shard}.take() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN DROP FUNCTION IF EXISTS ${shard}.mig_versions_const(); RETURN NULL; END $$;
         CREATE FUNCTION ${shard}.ring() RETURNS event_trigger LANGUAGE plpgsql AS $$
         BEGIN IF pg_catalog.current_schema() = '${shard}' THEN INSERT INTO ${shard}.bell DEFAULT VALUES; END IF; END $$;
         CREATE CONSTRAINT TRIGGER take AFTER INSERT ON ${shard}.bell DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION ${shard}.take();
         CREATE EVENT TRIGGER ring ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION ${shard}.ring()`,
      );
      const ended = await scene.run();
      return {
        outcome: "struck",
        runs: [ended],
        problems: [
          ...repeated(ended, place.label),
          ...(ended.status === 0 ? ["a run that lost an entry called itself done"] : []),
        ],
        ruined: new Set([`${place.label}/${shard}`]),
        mend: async () => {
          await insist(place.database, `DROP EVENT TRIGGER ring; DROP SCHEMA ${shard} CASCADE`);
        },
      };
    },
  },
];
