import type { RehearseOptions } from "@pg-mig/migrate";
import { commandLineError } from "./command-line-error.js";

/** The options of `rehearse`, as they were typed. */
export interface RehearseFlags {
  readonly pending?: boolean | undefined;
  readonly all?: boolean | undefined;
  readonly on?: string | undefined;
}

/** Which versions to try, and where. */
export type RehearsalRequest =
  | { readonly versions: NonNullable<RehearseOptions["versions"]> }
  | { readonly versions: readonly string[] | "pending"; readonly shard: string };

/**
 * Reads which versions to rehearse, and where. An empty value counts as not given.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`
 */
export function parseRehearseFlags(
  versions: readonly string[],
  { pending = false, all = false, on = "" }: RehearseFlags,
): RehearsalRequest {
  if (Number(versions.length > 0) + Number(pending) + Number(all) > 1) {
    throw commandLineError(
      "rehearse takes versions, or --pending, or --all, and only one of these.",
      "Leave the others out: nothing was changed.",
    );
  }
  const chosen = versions.length > 0 ? versions : "pending";
  if (on === "") {
    return { versions: all ? "all" : chosen };
  }
  if (all) {
    throw commandLineError(
      "--all and --on exclude each other: a live shard has some versions already.",
      "Leave --all out: what the shard has still to run is tried.",
    );
  }
  const shard = /^shard=(.+)$/s.exec(on)?.[1];
  if (shard === undefined) {
    throw commandLineError(
      `--on takes "shard=NAME", not "${on}".`,
      "Name the one shard: nothing is tried on any other.",
    );
  }
  return { versions: chosen, shard };
}
