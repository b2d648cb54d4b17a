import { equals, PgMigError } from "@pg-mig/model";
import { parseConstFunctionBody } from "./const-function.js";

/** The query behind {@link loadDBDigest}: at most one row, with the stored text. */
const digestSql = `SELECT p.prosrc AS stored FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid ${equals} p.pronamespace
WHERE n.nspname ${equals} 'public'::pg_catalog.name AND p.proname ${equals} 'mig_digest_const'::pg_catalog.name
AND p.proargtypes ${equals} ''::pg_catalog.oidvector`;

/**
 * Reads the digest of every node and chooses one for the cluster, as {@link chooseDigest} does. A
 * node that does not answer is passed over.
 *
 * `runSql` runs a query on one of the `destinations`, whatever these are, and gives its rows.
 *
 * @throws PgMigError `DIGEST_UNAVAILABLE` if no node answered (or there is none); its `cause` is the
 * first failure.
 */
export async function loadDBDigest<TDestination>(
  destinations: readonly TDestination[],
  runSql: (
    destination: TDestination,
    sql: string,
  ) => Promise<readonly Record<string, string | null>[]>,
): Promise<string> {
  const answers = await Promise.allSettled(
    destinations.map(async (destination) => {
      const [row] = await runSql(destination, digestSql);
      return typeof row?.stored === "string"
        ? parseConstFunctionBody(row.stored)?.value
        : undefined;
    }),
  );
  const digests = answers.filter((answer) => answer.status === "fulfilled");
  if (digests.length === 0) {
    const failure = answers.find((answer) => answer.status === "rejected");
    throw new PgMigError("No node answered when asked for its digest.", {
      code: "DIGEST_UNAVAILABLE",
      hint: "Check that at least one node of the cluster is up and reachable.",
      cause: failure?.reason,
    });
  }
  return chooseDigest(digests.map(({ value }) => value));
}

/**
 * Chooses the digest of a cluster from those of its nodes: the highest with a dot, since a node
 * that lags behind must not hide what another has; else, after an undo, `0.` and the smallest of
 * the others; else `0`. Pure.
 */
export function chooseDigest(digests: readonly (string | undefined)[]): string {
  const known = digests.filter((digest) => digest !== undefined && digest !== "").sort();
  const highest = known.findLast((digest) => digest?.includes("."));
  if (highest !== undefined) {
    return highest;
  }
  return known[0] === undefined ? "0" : `0.${known[0]}`;
}
