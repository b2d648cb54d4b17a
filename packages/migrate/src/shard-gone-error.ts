import { PgMigError } from "@pg-mig/model";

/** A version took its own schema away, or gave it another name. */
export function shardGoneError(shard: string, version: string): PgMigError {
  return new PgMigError(`The schema "${shard}" is gone after ${version}.`, {
    code: "SHARD_DROPPED",
    hint: "Let the version leave its schema where it is.",
    where: { shard, version },
  });
}
