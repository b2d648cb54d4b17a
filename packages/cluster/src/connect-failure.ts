/** What is known of one attempt to connect that failed. */
export interface ConnectFailure {
  readonly error: unknown;
  readonly encryption: "plain" | "tls";
  /** The server asked for a password. */
  readonly passwordAsked: boolean;
  readonly timedOut: boolean;
  /** The first bytes that came from the other side, a character each; undefined if none came. */
  readonly answer: string | undefined;
}

/** The failure of an attempt that got no answer at all. */
export function unanswered(error: unknown): ConnectFailure {
  return { error, encryption: "plain", passwordAsked: false, timedOut: false, answer: undefined };
}

/** The SQLSTATE of a server's error; undefined for all other errors. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && "severity" in error ? codeOf(error) : undefined;
}

/** The `code` of a Node.js error, such as `ECONNREFUSED`. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && !("severity" in error) ? codeOf(error) : undefined;
}

/** Tells whether the server speaks PostgreSQL's protocol but offers no encryption. */
export function refusesTls({ encryption, answer }: ConnectFailure): boolean {
  return encryption === "tls" && answer === "N";
}

/** Tells whether the other encryption, where the SSL mode allows both, is worth trying. */
export function mayFallBack(failure: ConnectFailure): boolean {
  // pg_hba.conf may let in only the encrypted, or only the others: both are refused as 28000.
  return refusesTls(failure) || sqlStateOf(failure.error) === "28000";
}

/** Tells whether something answered that does not speak PostgreSQL's protocol. */
export function isNotPostgres({ encryption, answer }: ConnectFailure): boolean {
  if (answer === undefined) {
    return false;
  }
  // Before encryption one letter; else a message: its type, then a length far below 16 MB.
  return !(encryption === "tls" ? /^(?:[SN]$|E)/s : /^[RENv]\0/s).test(answer);
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
