import type { ServiceFile, SslMode } from "@pg-mig/model";
import type { Parameters } from "./conninfo.js";
import type { Password } from "./password.js";

/** One server of several that may stand for a node. */
export interface AlternativeHost {
  readonly host: string;
  readonly port?: number | undefined;
  /** The address to connect to; `host` is then but the name that a certificate is for. */
  readonly hostaddr?: string | undefined;
}

/** Where a node is and how to log in, as far as somebody said so. The rest comes from {@link NodeDefaults}. */
export interface NodeSpec {
  /** Host name, IP address (IPv6 without brackets) or Unix socket directory. Empty: the default host. */
  readonly host: string;
  readonly port?: number;
  readonly database?: string;
  readonly user?: string;
  /** A function is called for each new connection. */
  readonly password?: Password;
  readonly sslMode?: SslMode;
  /** The address to connect to, without asking the name service for `host`. */
  readonly hostaddr?: string;
  /** Servers to try after this one, such as standbys that may have been promoted; as libpq's list of hosts. */
  readonly alternatives?: readonly AlternativeHost[];
  /** What else libpq's keywords say of this node, such as `{ target_session_attrs: "primary" }`. */
  readonly parameters?: Parameters;
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
  /** A function is called for each new connection. */
  readonly password?: Password | undefined;
  /** Without it, a node's database is named as its user, as in psql. */
  readonly database?: string | undefined;
  readonly sslMode: SslMode;
  /** PEM file of the certificate authorities to trust; `system`: those that this machine trusts. */
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
  /** What else libpq's keywords say, such as `{ channel_binding: "require" }`. */
  readonly parameters?: Parameters | undefined;
  /** Where libpq's default files are (`~/.postgresql`): root.crt, root.crl, postgresql.crt and .key. */
  readonly certificateDirectory?: string | undefined;
  /** The files that define services, in the order in which they are looked into. */
  readonly serviceFiles?: readonly ServiceFile[] | undefined;
}
