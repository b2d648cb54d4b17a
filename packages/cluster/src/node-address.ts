/** The place of a database: what makes two nodes the same or different. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** One server that may stand for a node. */
export interface NodeEndpoint {
  readonly host: string;
  readonly port: number;
  /** The address to connect to; without it, `host` says. */
  readonly hostaddr?: string;
}

/**
 * The name of a database that any of some servers may hold: {@link renderAddress} of a single one,
 * else a URL, which `parseHosts` reads back.
 */
export function renderAlternatives(endpoints: readonly NodeEndpoint[], database: string): string {
  const [only] = endpoints;
  if (only !== undefined && endpoints.length === 1 && only.hostaddr === undefined) {
    return renderAddress({ ...only, database });
  }
  const hosts = endpoints.map(({ host, port }) => {
    const shown = host.startsWith("/") ? encodeURIComponent(host) : renderHost(host);
    return `${shown}:${port}`;
  });
  const addresses = endpoints.map(({ hostaddr = "" }) => hostaddr);
  const query = addresses.every((address) => address === "")
    ? ""
    : `?hostaddr=${encodeURIComponent(addresses.join(","))}`;
  return `postgres://${hosts.join(",")}/${encodeDatabase(database)}${query}`;
}

/** `host:port`, with an IPv6 address in brackets. */
export function renderEndpoint({ host, port }: Pick<NodeAddress, "host" | "port">): string {
  return `${renderHost(host)}:${port}`;
}

/**
 * `host:port/database`, which `parseHosts` reads back to the same address: what it would take for
 * a separator is percent-encoded.
 */
export function renderAddress(address: NodeAddress): string {
  return `${renderEndpoint(address)}/${encodeDatabase(address.database)}`;
}

function encodeDatabase(database: string): string {
  return encode(database, /[%,;/?#@=\s]|:\/\//g);
}

/** The host as it is written before a port. */
export function renderHost(host: string): string {
  if (host.startsWith("/")) {
    // A socket directory of one level needs its second slash, or it would read as a database.
    const directory = encode(host, /[%,;:?#@=\s]/g);
    return directory.indexOf("/", 1) === -1 ? `${directory}/` : directory;
  }
  return host.includes(":")
    ? `[${encode(host, /[%,;/?#@=\s\]]/g)}]`
    : encode(host, /[%,;/?#@=\s]/g);
}

function encode(text: string, special: RegExp): string {
  return text.replace(special, encodeURIComponent);
}
