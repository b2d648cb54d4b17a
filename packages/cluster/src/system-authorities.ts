import { readFile } from "node:fs/promises";

/** Where the systems keep the authorities that they trust, as one file. */
const bundles: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * The authorities that this machine trusts, for `sslrootcert=system`: the file that OpenSSL's
 * variable `SSL_CERT_FILE` names, else the system's; `undefined`: those that come with Node.js.
 */
export async function systemAuthorities(): Promise<string | string[] | undefined> {
  const { SSL_CERT_FILE: named } = process.env;
  if (named) {
    return readFile(named, "utf8");
  }
  const tls = await import("node:tls");
  // Node.js has it since 22.15.
  if ("getCACertificates" in tls && typeof tls.getCACertificates === "function") {
    const found: string[] = tls.getCACertificates("system");
    if (found.length > 0) {
      return found;
    }
  }
  for (const path of bundles) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined) {
      return text;
    }
  }
  return undefined;
}
