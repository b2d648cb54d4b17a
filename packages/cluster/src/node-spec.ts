import type { SslMode } from "./ssl-mode.js";

/** Where a node is and how to log in, as far as somebody said so. The rest comes from {@link NodeDefaults}. */
export interface NodeSpec {
  /** Host name, IP address (IPv6 without brackets) or Unix socket directory. Empty: the default host. */
  readonly host: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  readonly password?: string;
  readonly sslMode?: SslMode;
  /** The island (group of nodes) that the node belongs to. */
  readonly island?: string;
  /** Words to choose nodes by, such as `{ region: "eu" }`. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a {@link NodeSpec} leaves out is taken from here. */
export interface NodeDefaults {
  /** @default "127.0.0.1" */
  readonly host?: string | undefined;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  /** Without it, a node's database is named as its user, as in psql. */
  readonly database?: string | undefined;
  readonly sslMode: SslMode;
  /** PEM file of the certificate authorities to trust; without it, those that Node.js trusts. */
  readonly sslRootCert?: string | undefined;
  /** PEM files of the client's certificate and its key. */
  readonly sslCert?: string | undefined;
  readonly sslKey?: string | undefined;
  /** A file in the format of `~/.pgpass`, for nodes without a password; it need not exist. */
  readonly passFile?: string | undefined;
  /** How long each address of a node has to let us in; `Infinity`: no limit. @default 10000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Sent when a connection starts, as libpq does for `PGTZ` and the like: `{ TimeZone: "UTC" }`. */
  readonly startupParameters?: Readonly<Record<string, string>> | undefined;
}
