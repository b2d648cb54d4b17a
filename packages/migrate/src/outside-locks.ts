import type { StepLook } from "@pg-mig/executor";
import type { ShardLedger } from "@pg-mig/ledger";
import { equals, quoteLiteral } from "@pg-mig/model";
import { countOf, type PlacedStep, type RunEvent } from "@pg-mig/report";

const column = "pg_mig_outside";

const differs = "OPERATOR(pg_catalog.<>)";

/**
 * The query for the locks that the own transaction holds outside of a shard, but for those of readers: name and mode. A
 * table that was made there is locked, too.
 */
function outsideSql({ shard, schemaOid }: Pick<ShardLedger, "shard" | "schemaOid">): string {
  const isPostgres = (name: string) =>
    `(${name} OPERATOR(pg_catalog.~) '^pg_' OR ${name} ${equals} 'information_schema')`;
  return `WITH held AS MATERIALIZED (SELECT l.locktype, l.relation, l.classid, l.objid, l.mode
FROM pg_catalog.pg_locks l WHERE l.pid ${equals} pg_catalog.pg_backend_pid() AND l.mode ${differs} 'AccessShareLock'
AND l.locktype ${equals} ANY ('{relation,object}'::pg_catalog.text[]))
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS ${column}, h.mode
FROM held h JOIN pg_catalog.pg_class c ON c.oid ${equals} h.relation JOIN pg_catalog.pg_namespace n ON n.oid ${equals} c.relnamespace
WHERE n.oid ${differs} ${schemaOid}::pg_catalog.oid AND NOT ${isPostgres("n.nspname")}
AND c.relkind ${equals} ANY ('{r,p,v,m,f,S}'::pg_catalog."char"[])
UNION ALL
SELECT pg_catalog.format('%s %s', i.type, i.identity), h.mode
FROM held h CROSS JOIN LATERAL pg_catalog.pg_identify_object(h.classid, h.objid, 0) i
WHERE h.locktype ${equals} 'object' AND i.identity IS NOT NULL
AND COALESCE(i.schema, '') ${differs} ${quoteLiteral(shard)} AND NOT ${isPostgres("COALESCE(i.schema, '')")}
AND NOT (h.classid ${equals} 'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid AND h.objid ${equals} ${schemaOid}::pg_catalog.oid)`;
}

/** So many objects of a version are told by name: one that goes from shard to shard may lock a thousand. */
const mostObjects = 10;

/** What a version locks outside of its shards. */
interface OutsideOfVersion {
  /** By object: on how many shards, and how. */
  readonly objects: Map<string, { shards: number; readonly locks: Set<string> }>;
  /** On how many shards it locks objects that are not told by name. */
  others: number;
}

/** Looks what each step of a run locks outside of its shard, and counts it. */
export class OutsideLocks implements StepLook<ShardLedger> {
  readonly column = column;
  readonly sql = outsideSql;
  readonly #emit: (event: RunEvent) => void;
  readonly #versions = new Map<string, OutsideOfVersion>();

  constructor(emit: (event: RunEvent) => void) {
    this.#emit = emit;
  }

  take(step: PlacedStep, rows: readonly (readonly (string | null)[])[]): void {
    const { version } = step;
    const known = this.#versions.get(version) ?? { objects: new Map(), others: 0 };
    this.#versions.set(version, known);
    const found = new Map<string, Set<string>>();
    for (const [object, mode] of rows) {
      const name = object ?? "";
      found.set(name, (found.get(name) ?? new Set<string>()).add(mode ?? ""));
    }
    let isMore = false;
    for (const [object, locks] of found) {
      const counted = known.objects.get(object);
      if (counted !== undefined) {
        counted.shards++;
        for (const mode of locks) {
          counted.locks.add(mode);
        }
      } else if (known.objects.size < mostObjects) {
        known.objects.set(object, { shards: 1, locks });
        this.#emit({ type: "step:outside", ...step, object, locks: [...locks].sort() });
      } else {
        isMore = true;
      }
    }
    known.others += isMore ? 1 : 0;
  }

  /** A sentence for each version and object, in the order in which they were seen. */
  sentences(): readonly string[] {
    return [...this.#versions].flatMap(([version, { objects, others }]) => {
      const reaches = `${version} reaches outside of its shard:`;
      return [
        ...[...objects].map(
          ([object, { shards, locks }]) =>
            `${reaches} ${object} (${[...locks].sort().join(", ")}), on ${countOf(shards, "shard")}.`,
        ),
        ...(others === 0 ? [] : [`${reaches} further objects, on ${countOf(others, "shard")}.`]),
      ];
    });
  }
}
