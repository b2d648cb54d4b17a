import { isPgMigError, PgMigError, wordsOf } from "@pg-mig/model";
import { isBug } from "@pg-mig/sessions";

/** An error of a server or a connection that nothing else explains, as one that says what broke off. */
export function brokenOff(
  error: unknown,
  what: string,
  { code, node }: { readonly code: "SCRATCH_FAILED" | "NODE_UNREADABLE"; readonly node: string },
): unknown {
  if (isPgMigError(error) || isBug(error)) {
    return error;
  }
  const words = wordsOf(error);
  return new PgMigError(`${what} on ${node} broke off: ${words}.`, {
    code,
    hint: "Nothing that it did is left. Look into the server's log, then run the command again.",
    where: { node },
    cause: error,
  });
}
