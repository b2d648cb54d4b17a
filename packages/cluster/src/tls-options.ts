import { readdir, readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import type { ConnectionOptions, PeerCertificate, SecureVersion } from "node:tls";
import { PgMigError } from "@pg-mig/model";
import type { Node } from "./node.js";
import { systemAuthorities } from "./system-authorities.js";

type OnNote = ((message: string) => void) | undefined;

/** What the directory of a user's certificates holds if the settings name no other files. */
const defaultFiles = {
  root: "root.crt",
  crl: "root.crl",
  certificate: "postgresql.crt",
  key: "postgresql.key",
} as const;

/**
 * Reads the files of a node's settings and makes of them the options of a TLS connection by libpq's
 * rules: a file of authorities that is there is used in every mode, `verify-ca` and `verify-full` need
 * one, a client's certificate that is not there is not sent.
 *
 * @param host what the server's certificate is for: the name that the user gave
 * @throws PgMigError `TLS_FILE_UNREADABLE` for a file that is needed and missing, unfit, or, for a key,
 * readable by others.
 */
export async function tlsOptions(
  node: Node,
  host: string,
  onNote: OnNote,
): Promise<ConnectionOptions> {
  const { parameters, sslMode } = node;
  const tls = await import("node:tls");
  const ca = await authorities(node);
  const crl = ca === undefined || ca === "system" ? [] : await revocations(node, onNote);
  const identity = await clientIdentity(node);
  const sendsName = isIP(host) === 0 && !host.startsWith("/") && parameters.sslsni !== "0";
  const trusted = ca === "system" ? await systemAuthorities() : ca;
  return {
    rejectUnauthorized: ca !== undefined,
    // We connect to the host's addresses one by one; the certificate is for its name. An address
    // must not be sent as a name (RFC 6066).
    ...(sendsName ? { servername: host } : {}),
    checkServerIdentity: (_, certificate) =>
      sslMode === "verify-full" ? identityProblem(tls, host, certificate) : undefined,
    secureContext: secureContext(tls, node, {
      ...identity,
      ...(trusted === undefined ? {} : { ca: trusted }),
      ...(crl.length === 0 ? {} : { crl }),
      minVersion: tlsVersion(parameters.ssl_min_protocol_version) ?? "TLSv1.2",
      maxVersion: tlsVersion(parameters.ssl_max_protocol_version) ?? "TLSv1.3",
    }),
  };
}

/** Whom to trust: the text of a PEM file, the machine's own authorities, or nobody (no checks). */
async function authorities(node: Node): Promise<string | "system" | undefined> {
  const path = node.sslRootCert || defaultFile(node, defaultFiles.root);
  if (path === "system") {
    return "system";
  }
  const text = path === undefined ? undefined : await readIfThere(node, path);
  if (text === undefined && node.sslMode.startsWith("verify")) {
    const named = path === undefined ? "no file of authorities is named" : `${path} does not exist`;
    throw unusable(node, `The certificate of ${node.label} cannot be verified: ${named}.`, {
      hint: "Name a PEM file in sslrootcert (PGSSLROOTCERT), or set it to system.",
    });
  }
  return text;
}

/** As by libpq, revocation lists that are not there revoke nothing. */
async function revocations(node: Node, onNote: OnNote): Promise<string[]> {
  const { sslcrl, sslcrldir } = node.parameters;
  const texts: string[] = [];
  const path = sslcrl || (sslcrldir ? undefined : defaultFile(node, defaultFiles.crl));
  if (path) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined) {
      texts.push(text);
    } else if (sslcrl) {
      onNote?.(`No certificate counts as revoked: the file ${sslcrl} (sslcrl) cannot be read.`);
    }
  }
  if (sslcrldir) {
    // OpenSSL looks for files of these names alone.
    const names = await readdir(sslcrldir).catch(() => []);
    const lists = names.filter((name) => /^[0-9a-f]{8}\.r\d+$/.test(name));
    if (lists.length === 0) {
      throw unusable(node, `The directory ${sslcrldir} (sslcrldir) holds no revocation lists.`, {
        hint: "Name one whose files have names as openssl rehash makes them, such as 339033bf.r0.",
      });
    }
    texts.push(
      ...(await Promise.all(lists.map((name) => readFile(join(sslcrldir, name), "utf8")))),
    );
  }
  return texts;
}

async function clientIdentity(
  node: Node,
): Promise<Pick<ConnectionOptions, "cert" | "key" | "passphrase">> {
  const { sslpassword, sslcertmode } = node.parameters;
  const certificatePath = node.sslCert || defaultFile(node, defaultFiles.certificate);
  if (certificatePath === undefined || sslcertmode === "disable") {
    return {};
  }
  const cert = await readIfThere(node, certificatePath);
  if (cert === undefined) {
    return {};
  }
  const keyPath = node.sslKey || defaultFile(node, defaultFiles.key);
  if (keyPath === undefined) {
    return { cert };
  }
  await requirePrivateKey(node, keyPath);
  const key = await readIfThere(node, keyPath);
  return {
    cert,
    ...(key === undefined ? {} : { key }),
    ...(sslpassword === undefined ? {} : { passphrase: sslpassword }),
  };
}

/** A key that others may read is no secret. */
async function requirePrivateKey(node: Node, path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw unusable(node, `The private key ${path}, which belongs to a certificate, is not there.`, {
      cause,
    });
  });
  if (!found.isFile()) {
    throw unusable(node, `The private key ${path} is not a regular file.`);
  }
  // Root may let a group read it, such as that of all servers of the machine.
  const others = found.uid === 0 ? 0o027 : 0o077;
  if (process.platform !== "win32" && (found.mode & others) !== 0) {
    throw unusable(node, `The private key ${path} has group or world access.`, {
      hint: `Run: chmod 0600 ${path} (0640 is allowed if root owns it).`,
    });
  }
}

/** What belongs to TLS in Node.js, which is loaded if a server offers it. */
type Tls = typeof import("node:tls");

function secureContext(
  { createSecureContext }: Tls,
  node: Node,
  options: Parameters<Tls["createSecureContext"]>[0],
) {
  try {
    return createSecureContext(options);
  } catch (cause) {
    // OpenSSL's words name neither the file nor, fortunately, anything in it.
    const words = cause instanceof Error ? cause.message.replace(/^error:[^:]*:/, "") : "";
    throw unusable(
      node,
      `The certificates or the key for ${node.label} cannot be used: ${words}.`,
      {
        hint: "Check sslrootcert, sslcert, sslkey, sslpassword and sslcrl, and that key and certificate belong together.",
      },
    );
  }
}

/** Like Node.js, but for an address in the common name of a certificate without other names. */
function identityProblem(
  { checkServerIdentity }: Tls,
  host: string,
  certificate: PeerCertificate,
): Error | undefined {
  if (isIP(host) !== 0 && !certificate.subjectaltname && certificate.subject?.CN === host) {
    return undefined;
  }
  return checkServerIdentity(host, certificate);
}

function tlsVersion(text: string | undefined): SecureVersion | undefined {
  const version = text?.replace(/^tls/i, "TLS");
  return version === undefined || version === "" ? undefined : (version as SecureVersion);
}

function defaultFile({ certificateDirectory }: Node, name: string): string | undefined {
  return certificateDirectory === undefined ? undefined : join(certificateDirectory, name);
}

/** @throws PgMigError if it is there and cannot be read */
async function readIfThere(node: Node, path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return undefined;
    }
    throw unusable(
      node,
      `The file ${path}, needed for a TLS connection to ${node.label}, cannot be read.`,
      { cause },
    );
  }
}

function unusable(
  node: Node,
  message: string,
  { hint, cause }: { readonly hint?: string; readonly cause?: unknown } = {},
): PgMigError {
  return new PgMigError(message, {
    code: "TLS_FILE_UNREADABLE",
    hint: hint ?? "Correct PGSSLROOTCERT, PGSSLCERT or PGSSLKEY, or the permissions of the file.",
    where: { node: node.label },
    cause,
  });
}
