/** What is known of a server when a session begins. */
export interface ServerState {
  readonly inRecovery: boolean;
  /** Whether transactions are read-only by default. */
  readonly isReadOnly: boolean;
}

/**
 * Says what a server must be instead of what it is, by libpq's `target_session_attrs`; `undefined`:
 * it fits. `prefer-standby` fits nothing but standbys here: the caller tries again with `any`. Pure.
 */
export function sessionAttributesProblem(
  wanted: string | undefined,
  { inRecovery, isReadOnly }: ServerState,
): string | undefined {
  switch (wanted) {
    case "read-write":
      return isReadOnly || inRecovery ? "the session is read-only" : undefined;
    case "read-only":
      return isReadOnly || inRecovery ? undefined : "the session is not read-only";
    case "primary":
      return inRecovery ? "the server is in recovery" : undefined;
    case "standby":
    case "prefer-standby":
      return inRecovery ? undefined : "the server is not in recovery";
    default:
      return undefined;
  }
}
