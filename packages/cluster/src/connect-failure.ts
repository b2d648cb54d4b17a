/** What is known of one attempt to connect that failed. */
export interface ConnectFailure {
  readonly error: unknown;
  /** `tls-asked`: the server was asked for TLS, and no handshake succeeded. */
  readonly encryption: "plain" | "tls-asked" | "tls";
  /** Whether the network or the socket led to somebody at all. */
  readonly connected: boolean;
  /** The server asked for a password. */
  readonly passwordAsked: boolean;
  /** The server has accepted the login; what it refused after that is not about encryption. */
  readonly authenticated: boolean;
  readonly timedOut: boolean;
  /** The first bytes that came from the other side, a character each; undefined if none came. */
  readonly answer: string | undefined;
  /** How the attempt over TLS failed that this one fell back from. */
  readonly overTls?: ConnectFailure;
}

/** The failure of an attempt that got no answer at all. */
export function unanswered(error: unknown): ConnectFailure {
  return {
    error,
    encryption: "plain",
    connected: false,
    passwordAsked: false,
    authenticated: false,
    timedOut: false,
    answer: undefined,
  };
}

/** The SQLSTATE of a server's error; undefined for all other errors. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && "severity" in error ? codeOf(error) : undefined;
}

/** Whose limit of connections is reached: that of the role, the database, or the whole server. */
export type ConnectionLimit = "role" | "database" | "server";

/** Whose limit a server's refusal of a connection names; `undefined`: it was refused for another reason. */
export function connectionLimitOf(error: unknown): ConnectionLimit | undefined {
  if (sqlStateOf(error) !== "53300") {
    return undefined;
  }
  // The words of the message are in the server's language; the place in its source is not.
  const routine = error instanceof Error && "routine" in error ? error.routine : undefined;
  if (routine === "InitializeSessionUserId") {
    return "role";
  }
  return routine === "CheckMyDatabase" ? "database" : "server";
}

/** The `code` of a Node.js error, such as `ECONNREFUSED`. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && !("severity" in error) ? codeOf(error) : undefined;
}

/** Tells whether the server speaks PostgreSQL's protocol but offers no encryption. */
export function refusesTls({ encryption, answer }: ConnectFailure): boolean {
  return encryption === "tls-asked" && answer === "N";
}

/** Tells whether the server answered the request for TLS, and no encrypted connection came of it. */
export function breaksTls({ encryption, answer, timedOut }: ConnectFailure): boolean {
  return encryption === "tls-asked" && !timedOut && /^(?:S$|E)/s.test(answer ?? "");
}

/**
 * Tells whether libpq tries the other encryption after this failure, if the SSL mode allows both: after
 * a handshake that failed, and after any error of the server before it has accepted the login, since
 * pg_hba.conf may say something else for the other one.
 */
export function mayFallBack(failure: ConnectFailure): boolean {
  const { answer, authenticated, encryption, error, timedOut } = failure;
  if (encryption === "tls-asked") {
    return answer === "S" && !timedOut;
  }
  return sqlStateOf(error) !== undefined && !authenticated;
}

/**
 * Tells whether libpq goes on to the next address or server of the same node: nobody was there, or did
 * not answer in time. Who has answered is the one that was meant.
 */
export function mayTryNext({ connected, timedOut }: ConnectFailure): boolean {
  return !connected || timedOut;
}

/** Says which of two failures to tell of: that of the preferred encryption, or of the fallback. */
export function chooseFailure(preferred: ConnectFailure, fallback: ConnectFailure): ConnectFailure {
  // That the fallback is not to be had says less than why the preferred one was refused.
  if (refusesTls(fallback) || breaksTls(fallback)) {
    return preferred;
  }
  return breaksTls(preferred) ? { ...fallback, overTls: preferred } : fallback;
}

/** Tells whether something answered that does not speak PostgreSQL's protocol. */
export function isNotPostgres({ encryption, answer }: ConnectFailure): boolean {
  if (answer === undefined) {
    return false;
  }
  // Before encryption one letter; else a message: its type, then a length far below 16 MB.
  if (encryption !== "plain") {
    return !/^(?:[SN]$|E)/s.test(answer);
  }
  return !/^[RENv]\0/s.test(answer) && answeredError(answer) === undefined;
}

/**
 * What a server says in an error that it sends instead of the answer that was asked for. One that
 * cannot start a process for the client sends it in the form of protocol 2, which has no length.
 */
export function answeredError(answer: string): string | undefined {
  const [, current, old] = /^E(?:\0.{3}(?:.*?\0)?M([^\0]+)\0|([^\0]+)\n\0)/s.exec(answer) ?? [];
  const words = current ?? old;
  return words === undefined ? undefined : Buffer.from(words, "latin1").toString("utf8");
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
