/** Where an error happened, as far as it is known. Every field is independent of the others. */
export interface ErrorLocation {
  /** The node, as the run names it (`host:port/db`, shortened where that is unambiguous). */
  readonly node?: string | undefined;
  /** The shard: the name of the schema, unquoted. */
  readonly shard?: string | undefined;
  /** The version, `<timestamp>.<title>.<prefix>`. */
  readonly version?: string | undefined;
  /** The file, as the user would name it. */
  readonly file?: string | undefined;
  /** The line in the file, from 1. */
  readonly line?: number | undefined;
  /** The column in the line, in characters, from 1. */
  readonly column?: number | undefined;
}

/** One of several things that were found wrong at once. */
export interface Problem {
  /** What is wrong: one sentence, without the place. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string | undefined;
  readonly where?: ErrorLocation | undefined;
}

/** What a {@link PgMigError} is made of, besides its message. */
export interface PgMigErrorOptions {
  /** Stable upper-case word for the case, such as `TIMELINE_VIOLATION`. Programs compare this. */
  readonly code: string;
  /** What the user should do next: an imperative sentence. */
  readonly hint?: string | undefined;
  /** Where it happened. */
  readonly where?: ErrorLocation | undefined;
  /** The single problems, where several were found at once and all are told. */
  readonly problems?: readonly Problem[] | undefined;
  /** The error underneath, if there is one. */
  readonly cause?: unknown;
}

/**
 * An error that a user can cause and can fix. All packages of pg-mig throw this class, or a
 * subclass that adds fields.
 *
 * `message` is one sentence that says what happened and where; `hint` says what to do. The two are
 * never glued together, and neither ever holds a password. Anything that is thrown and is not a
 * `PgMigError` is a bug of the tool.
 */
export class PgMigError extends Error {
  override readonly name: string = "PgMigError";
  /** Tells a `PgMigError` of another copy of this package, for which `instanceof` is false. */
  readonly family = "pg-mig";
  readonly code: string;
  readonly hint: string | undefined;
  readonly where: ErrorLocation | undefined;
  /** Empty where `message` says it all. */
  readonly problems: readonly Problem[];

  constructor(message: string, options: PgMigErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.hint = options.hint;
    this.where = options.where;
    this.problems = options.problems ?? [];
  }
}

/**
 * Tells whether a caught value is a {@link PgMigError}, also one that comes from another copy of
 * this package (a plugin may bring its own).
 */
export function isPgMigError(error: unknown): error is PgMigError {
  return error instanceof Error && "family" in error && error.family === "pg-mig";
}
