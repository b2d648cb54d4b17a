import type { RehearseOptions } from "@pg-mig/migrate";
import { commandLineError } from "./command-line-error.js";

/** The options of `rehearse`, as they were typed. */
export interface RehearseFlags {
  readonly pending?: boolean | undefined;
  readonly all?: boolean | undefined;
}

/**
 * Reads which versions to rehearse.
 *
 * @throws PgMigError `COMMAND_LINE_INVALID`
 */
export function parseRehearseFlags(
  versions: readonly string[],
  { pending = false, all = false }: RehearseFlags,
): NonNullable<RehearseOptions["versions"]> {
  if (Number(versions.length > 0) + Number(pending) + Number(all) > 1) {
    throw commandLineError(
      "rehearse takes versions, or --pending, or --all, and only one of these.",
      "Leave the others out: nothing was changed.",
    );
  }
  return all ? "all" : versions.length > 0 ? versions : "pending";
}
