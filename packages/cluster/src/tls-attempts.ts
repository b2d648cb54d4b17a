import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { PgMigError } from "@pg-mig/model";
import type { Node } from "./node.js";

/** How one attempt to connect is encrypted; `false` is not at all. */
export type TlsAttempt = ConnectionOptions | false;

/**
 * Says which attempts libpq's rules allow for the SSL mode of a node, the preferred one first.
 * A Unix socket is never encrypted.
 *
 * @throws PgMigError `TLS_FILE_UNREADABLE` for a certificate or key that cannot be read.
 */
export async function tlsAttempts(node: Node): Promise<TlsAttempt[]> {
  if (node.host.startsWith("/") || node.sslMode === "disable") {
    return [false];
  }
  const tls = await tlsOptions(node);
  if (node.sslMode === "allow") {
    return [false, tls];
  }
  return node.sslMode === "prefer" ? [tls, false] : [tls];
}

async function tlsOptions(node: Node): Promise<ConnectionOptions> {
  const [ca, cert, key] = await Promise.all([
    // libpq's word for "whom this machine trusts anyway".
    node.sslRootCert === "system" ? undefined : readPem(node, node.sslRootCert),
    readPem(node, node.sslCert),
    readPem(node, node.sslKey),
  ]);
  const verified =
    node.sslMode === "verify-full" ||
    node.sslMode === "verify-ca" ||
    // As in libpq: who names the authorities to trust, wants them to be looked at.
    (node.sslMode === "require" && node.sslRootCert !== undefined);
  return {
    rejectUnauthorized: verified,
    // We connect to the host's addresses one by one; the certificate is for its name. An address
    // must not be sent as a name (RFC 6066).
    ...(isIP(node.host) === 0 ? { servername: node.host } : {}),
    ...(node.sslMode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readPem(node: Node, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) {
    return undefined;
  }
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new PgMigError(
      `The file ${path}, needed for a TLS connection to ${node.label}, cannot be read.`,
      {
        code: "TLS_FILE_UNREADABLE",
        hint: "Correct PGSSLROOTCERT, PGSSLCERT or PGSSLKEY, or the permissions of the file.",
        where: { node: node.label },
        cause,
      },
    );
  }
}
