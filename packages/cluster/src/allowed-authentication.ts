/** How a server lets a client in, in the words of libpq's `require_auth`. */
export type AuthenticationMethod = "none" | "password" | "md5" | "scram-sha-256" | "gss" | "sspi";

export interface Authentication {
  readonly method: AuthenticationMethod;
  /** Whether the login is bound to the TLS connection, so that nobody can stand between. */
  readonly isBound: boolean;
}

export interface AuthenticationRules {
  /** libpq's `require_auth`. */
  readonly requireAuth: string | undefined;
  /** libpq's `channel_binding`. */
  readonly channelBinding: string | undefined;
}

/**
 * Says why the settings forbid a way to log in that the server asks for, as the rest of a sentence;
 * `undefined`: they allow it. Pure.
 */
export function authenticationProblem(
  { method, isBound }: Authentication,
  { requireAuth, channelBinding }: AuthenticationRules,
): string | undefined {
  if (channelBinding === "require" && !isBound) {
    return "wants a login without channel binding, and channel_binding (PGCHANNELBINDING) requires it";
  }
  if (!requireAuth) {
    return undefined;
  }
  const named = requireAuth.split(",");
  const isExcluding = requireAuth.startsWith("!");
  const isNamed = named.includes(isExcluding ? `!${method}` : method);
  if (isNamed !== isExcluding) {
    return undefined;
  }
  const way = method === "none" ? "no login at all" : `the login method ${method}`;
  return `wants ${way}, which require_auth (PGREQUIREAUTH) does not allow`;
}
