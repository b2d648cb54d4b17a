import { type Difference, type Shape, serverFamily } from "@pg-mig/catalog";
import { PgMigError, type Place } from "@pg-mig/model";
import { listShards } from "@pg-mig/report";
import type { UnreadShard } from "./compare-nodes.js";
import { fitVersion } from "./fit-version.js";
import { printsDifferently } from "./prints-differently.js";
import type { ReplayedShapes } from "./replay-files.js";

/** Shards of one prefix without a ledger that have one shape. */
export interface LedgerlessShards {
  readonly prefix: string;
  /** Of the servers, as `serverFamily` has it. */
  readonly family: string;
  readonly shape: Shape;
  readonly shards: readonly Place[];
}

/** Shards that get, or would get, the ledger of a version. */
export interface AdoptedShards {
  readonly prefix: string;
  readonly version: string;
  /** `shape`: they have its shape; `insisted`: somebody said so. */
  readonly by: "shape" | "insisted";
  readonly shards: readonly Place[];
}

/** At which versions shards are. Plain data: it survives JSON. */
export interface AdoptionJudgement {
  /** How many shards have nothing: they need no ledger. */
  readonly empty: number;
  readonly adopted: readonly AdoptedShards[];
  /** Shards that have the shape of several versions, which therefore cannot be told apart. */
  readonly ambiguous: readonly {
    readonly prefix: string;
    readonly versions: readonly string[];
    readonly shards: readonly Place[];
  }[];
  /** Shards that have the shape of no version. */
  readonly unfit: readonly {
    readonly prefix: string;
    /** The version with the fewest differences; missing: an empty shard has fewer. */
    readonly nearest?: string | undefined;
    readonly differences: readonly Difference[];
    readonly shards: readonly Place[];
  }[];
  /** Shards whose server prints definitions differently from the one on which the files ran. */
  readonly unread: readonly UnreadShard[];
}

/**
 * Decides which shards get which version. Pure.
 *
 * @param as The version that shards get which fit none or several, if they are of its prefix.
 * @throws PgMigError `ADOPT_CONTRADICTED` if a shard has the shape of another version than `as`
 */
export function judgeAdoption(
  found: readonly LedgerlessShards[],
  { major, shapes }: ReplayedShapes,
  as: { readonly name: string; readonly prefix: string } | undefined,
): AdoptionJudgement {
  let empty = 0;
  const adopted = new Map<string, AdoptedShards>();
  const ambiguous: AdoptionJudgement["ambiguous"][number][] = [];
  const unfit: AdoptionJudgement["unfit"][number][] = [];
  const unread: UnreadShard[] = [];
  const give = (version: string, by: AdoptedShards["by"], { prefix, shards }: LedgerlessShards) => {
    const key = `${by} ${version}`;
    const before = adopted.get(key)?.shards ?? [];
    adopted.set(key, { prefix, version, by, shards: [...before, ...shards] });
  };
  const family = serverFamily(major);
  for (const one of found) {
    const { prefix, shards, shape } = one;
    if (one.family !== family) {
      const reason = printsDifferently(one.family, family);
      unread.push(...shards.map((place) => ({ ...place, reason })));
      continue;
    }
    const { versions, nearest, differences } = fitVersion(shape, shapes.get(prefix) ?? new Map());
    const fitting = versions.filter((version) => version !== undefined);
    const [only, another] = fitting;
    if (fitting.length < versions.length) {
      empty += shards.length;
    } else if (only !== undefined && another === undefined) {
      if (as !== undefined && as.prefix === prefix && as.name !== only) {
        throw contradicted(as.name, only, shards);
      }
      give(only, "shape", one);
    } else if (as?.prefix === prefix) {
      give(as.name, "insisted", one);
    } else if (only !== undefined) {
      ambiguous.push({ prefix, versions: fitting, shards });
    } else {
      unfit.push({ prefix, nearest, differences, shards });
    }
  }
  return { empty, adopted: [...adopted.values()], ambiguous, unfit, unread };
}

function contradicted(as: string, fits: string, shards: readonly Place[]): PgMigError {
  return new PgMigError(`${listShards(shards)}: the shape is that of ${fits}, not of ${as}.`, {
    code: "ADOPT_CONTRADICTED",
    hint: "Nothing was changed. Leave such shards out, or the version.",
  });
}
