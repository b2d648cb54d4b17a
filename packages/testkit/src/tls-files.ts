import { fileURLToPath } from "node:url";

/**
 * A certificate, each with a key of the same name. All but `stranger` are signed by `ca`:
 * - `server` is for `localhost`, `address` for 127.0.0.1, `other-host` for `db.example`;
 * - `expired` and `revoked` (in `ca.crl` and `crls`) are for `localhost`;
 * - `client` is the one of the user `postgres`.
 */
export type TlsCertificate = "server" | "address" | "other-host" | "expired" | "revoked" | "client";

export type TlsFile =
  | `${TlsCertificate}.crt`
  | `${TlsCertificate}.key`
  | "ca.crt"
  /** Another authority, which has signed nothing. */
  | "stranger.crt"
  | "ca.crl"
  /** A directory for OpenSSL, with the same revocations. */
  | "crls"
  /** Its passphrase is `sesame`. */
  | "client-encrypted.key";

/** The path of a file to test TLS with. They are made by a script beside them, and guard nothing. */
export function tlsFile(name: TlsFile): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}
