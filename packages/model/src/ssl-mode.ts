/** How a connection is encrypted, in libpq's words (`PGSSLMODE`). */
export type SslMode = "disable" | "allow" | "prefer" | "require" | "verify-ca" | "verify-full";

/** All SSL modes, from the weakest to the strongest. */
export const sslModes: readonly SslMode[] = [
  "disable",
  "allow",
  "prefer",
  "require",
  "verify-ca",
  "verify-full",
];

/** Tells whether a text is the name of an {@link SslMode}. */
export function isSslMode(text: string): text is SslMode {
  return sslModes.some((mode) => mode === text);
}
