import { PgMigError, quoteIdentifier } from "@pg-mig/model";
import { serverWords } from "./server-error.js";

/** 42501, insufficient_privilege. */
const insufficientPrivilege = "42501";

/**
 * The error of a server that does not let a user ask what it is and holds: every user may by default.
 * `undefined`: it is another error. Pure.
 */
export function missingRight(
  error: unknown,
  { label, user }: { readonly label: string; readonly user: string },
): PgMigError | undefined {
  const words = serverWords(error);
  if (words?.sqlState !== insufficientPrivilege) {
    return undefined;
  }
  const { message } = words;
  // The server has no field for it. Its message may be in any language: then it alone has to do.
  const [, called] = /^permission denied for function (.+)$/.exec(message) ?? [];
  const statement =
    called === undefined
      ? "GRANT the right that the message names"
      : `GRANT EXECUTE ON FUNCTION pg_catalog.${called}`;
  return new PgMigError(`User "${user}" may not read ${label}: ${message}.`, {
    code: "NODE_UNREADABLE",
    hint: `Every user may by default. Let a superuser run: ${statement} TO ${quoteIdentifier(user)};`,
    where: { node: label },
    cause: error,
  });
}
