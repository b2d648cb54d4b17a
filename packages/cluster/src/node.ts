import type { SslMode } from "@pg-mig/model";
import {
  connectTimeoutOf,
  findLibpqOption,
  libpqValueProblem,
  defaults as ownDefaults,
  PgMigError,
} from "@pg-mig/model";
import type { Parameters } from "./conninfo.js";
import {
  type NodeAddress,
  type NodeEndpoint,
  renderAddress,
  renderAlternatives,
  renderEndpoint,
} from "./node-address.js";
import type { NodeDefaults, NodeSpec } from "./node-spec.js";
import type { Password } from "./password.js";

/** One PostgreSQL server and database, with everything that is needed to connect to it. */
export interface Node extends NodeAddress {
  /**
   * The unique key, which `parseHosts` reads: `host:port/db`, or for several servers
   * `postgres://host1:port1,host2:port2/db`.
   */
  readonly name: string;
  /** The shortest of `host`, `host:port` and `host:port/db` that no other node shares. */
  readonly label: string;
  readonly user: string;
  /** Not enumerable: neither `util.inspect` nor `JSON.stringify` shows it. */
  readonly password: Password | undefined;
  /** What gives the password: the node's own spec, or the defaults; `undefined`: neither. */
  readonly passwordFrom: "spec" | "defaults" | undefined;
  readonly sslMode: SslMode;
  readonly sslRootCert: string | undefined;
  readonly sslCert: string | undefined;
  readonly sslKey: string | undefined;
  readonly passFile: string | undefined;
  readonly connectTimeoutMs: number | undefined;
  readonly startupParameters: Readonly<Record<string, string>>;
  /** The servers that stand for the node, in the order in which they are tried; mostly one. */
  readonly endpoints: readonly NodeEndpoint[];
  /** What else libpq's keywords say. Not enumerable: there may be a passphrase among them. */
  readonly parameters: Parameters;
  readonly certificateDirectory: string | undefined;
  readonly island: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Makes nodes of what discovery found. Pure.
 *
 * Specs of the same address are one node, for which the first word on each thing counts. Nodes come
 * out sorted by name.
 */
export function resolveNodes(specs: readonly NodeSpec[], defaults: NodeDefaults): Node[] {
  const merged = new Map<string, NodeSpec & Located>();
  for (const spec of specs) {
    const located = locate(spec, defaults);
    const key = renderAlternatives(located.endpoints, located.database);
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined
        ? { ...spec, ...located }
        : { ...spec, ...before, labels: { ...spec.labels, ...before.labels } },
    );
  }
  const byName = [...merged].sort(([a], [b]) => (a < b ? -1 : 1));
  const labels = labelAddresses(byName.map(([, spec]) => spec));
  return byName.map(([name, spec], index) =>
    createNode(name, labels[index] ?? name, spec, defaults),
  );
}

/** The same node, but another database on it: the server's own, for example, to create one. */
export function withDatabase(node: Node, database: string): Node {
  const name = renderAlternatives(node.endpoints, database);
  return hideSecrets({ ...node, database, name, label: node.label }, node);
}

/** For each address, the shortest of `host`, `host:port` and `host:port/db` that no other shares. */
export function labelAddresses(addresses: readonly NodeAddress[]): string[] {
  const hosts = count(addresses.map(({ host }) => host));
  const endpoints = count(addresses.map(renderEndpoint));
  return addresses.map((address) => {
    if (hosts.get(address.host) === 1) {
      return address.host;
    }
    const endpoint = renderEndpoint(address);
    return endpoints.get(endpoint) === 1 ? endpoint : renderAddress(address);
  });
}

/** Where a node is, with nothing left out. */
interface Located extends NodeAddress {
  readonly endpoints: readonly NodeEndpoint[];
  /** The addresses that no host was named with. */
  readonly nameless: readonly string[];
}

function locate(spec: NodeSpec, defaults: NodeDefaults): Located {
  const hosts = [spec, ...(spec.alternatives ?? [])];
  const endpoints = hosts.map(({ host, port, hostaddr }) => ({
    host: host === "" ? (hostaddr ?? defaults.host ?? ownDefaults.host) : host,
    port: port ?? defaults.port,
    ...(hostaddr === undefined ? {} : { hostaddr }),
  }));
  return {
    // As libpq writes it: psql in a migration file gets the same list.
    host: endpoints.map(({ host }) => host).join(","),
    port: spec.port ?? defaults.port,
    database: spec.database ?? defaults.database ?? spec.user ?? defaults.user,
    endpoints,
    nameless: hosts.flatMap(({ host, hostaddr }) => (host === "" ? (hostaddr ?? []) : [])),
  };
}

function createNode(
  name: string,
  label: string,
  spec: NodeSpec & Located,
  defaults: NodeDefaults,
): Node {
  const given = spec.parameters ?? {};
  // Both have said what they had to say.
  const { hostaddr: _, service: __, ...parameters } = { ...defaults.parameters, ...given };
  const sslRootCert = given.sslrootcert ?? defaults.sslRootCert;
  // As libpq since 16: anybody gets a certificate from one of the system's authorities, for some name.
  const mustVerify = sslRootCert === "system" && defaults.sslMode === "prefer";
  const node: Node = {
    name,
    label,
    host: spec.host,
    port: spec.port,
    database: spec.database,
    endpoints: spec.endpoints,
    user: spec.user ?? defaults.user,
    password: spec.password ?? defaults.password,
    passwordFrom: passwordFrom(spec, defaults),
    sslMode: spec.sslMode ?? (mustVerify ? "verify-full" : defaults.sslMode),
    sslRootCert,
    sslCert: given.sslcert ?? defaults.sslCert,
    sslKey: given.sslkey ?? defaults.sslKey,
    passFile: given.passfile ?? defaults.passFile,
    connectTimeoutMs: connectTimeoutMs(given.connect_timeout) ?? defaults.connectTimeoutMs,
    startupParameters: {
      ...defaults.startupParameters,
      ...(given.options === undefined ? {} : { options: given.options }),
    },
    parameters,
    certificateDirectory: defaults.certificateDirectory,
    island: spec.island,
    labels: { ...spec.labels },
  };
  refuseBadParameters(node);
  refuseNameless(node, spec);
  return hideSecrets(node, node);
}

function passwordFrom(spec: NodeSpec, defaults: NodeDefaults): Node["passwordFrom"] {
  if (spec.password !== undefined) {
    return "spec";
  }
  return defaults.password === undefined ? undefined : "defaults";
}

/** Options of libpq that cannot be used, or contradict each other, are refused as libpq does. */
function refuseBadParameters(node: Node): void {
  const { label, parameters, sslMode } = node;
  for (const [keyword, value] of Object.entries(parameters)) {
    const option = findLibpqOption(keyword);
    const problem = option && libpqValueProblem(option, value);
    if (keyword === "requirepeer" && !node.endpoints.some(({ host }) => host.startsWith("/"))) {
      continue;
    }
    if (problem?.type === "invalid") {
      throw unusable(label, `The value of ${keyword} is not ${problem.advice}.`, "Correct it.");
    }
    if (problem?.type === "unsupported") {
      const name = option?.variable === undefined ? keyword : `${keyword} (${option.variable})`;
      throw unusable(label, `pg-mig cannot do what ${name} says.`, problem.advice);
    }
  }
  const { sslnegotiation, ssl_max_protocol_version: max } = parameters;
  const min = parameters.ssl_min_protocol_version || "TLSv1.2";
  const isStrong = sslMode === "require" || sslMode.startsWith("verify");
  if (sslnegotiation === "direct" && !isStrong) {
    const message = `The sslmode "${sslMode}" is too weak for sslnegotiation=direct.`;
    throw unusable(label, message, "Set sslmode to require, verify-ca or verify-full.");
  }
  if (node.sslRootCert === "system" && sslMode !== "verify-full") {
    const message = `The sslmode "${sslMode}" is too weak for sslrootcert=system.`;
    throw unusable(label, message, "Set sslmode to verify-full.");
  }
  if (max && min.toLowerCase() > max.toLowerCase()) {
    const message = "ssl_min_protocol_version is higher than ssl_max_protocol_version.";
    throw unusable(label, message, "Correct one of them.");
  }
}

/** As by libpq, a certificate is verified for what stands in host: an address in hostaddr is not enough. */
function refuseNameless({ label, sslMode }: Node, { nameless: [first] }: Located): void {
  if (sslMode === "verify-full" && first !== undefined) {
    const message = `The certificate of hostaddr ${first} cannot be verified without a host.`;
    throw unusable(label, message, "Name the host that the certificate is for as well.");
  }
}

function unusable(label: string, message: string, hint: string): PgMigError {
  return new PgMigError(message, { code: "SETTING_UNSUPPORTED", hint, where: { node: label } });
}

/** `inspect` and `JSON.stringify` show neither, nor does a copy by `{...}` hold them. */
function hideSecrets(
  node: Omit<Node, "password" | "parameters">,
  { password, parameters }: Pick<Node, "password" | "parameters">,
): Node {
  const hidden = Object.defineProperties(
    { ...node, password, parameters },
    {
      password: { enumerable: false },
      parameters: { enumerable: false },
    },
  );
  return Object.freeze(hidden);
}

function count(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function connectTimeoutMs(seconds = ""): number | undefined {
  return seconds.trim() === "" ? undefined : connectTimeoutOf(Number(seconds));
}
