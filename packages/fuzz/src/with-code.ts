import { PgMigError } from "@pg-mig/model";

/**
 * For a parser that throws plain errors to which its caller gives a code. What the runtime throws (a
 * `TypeError`, a `URIError`) is no error of a parser, and stays what it is.
 */
export function withCode<Input>(
  code: string,
  parse: (input: Input) => unknown,
): (input: Input) => unknown {
  return (input) => {
    try {
      return parse(input);
    } catch (error) {
      if (error instanceof Error && error.constructor === Error) {
        throw new PgMigError(error.message, { code });
      }
      throw error;
    }
  };
}
