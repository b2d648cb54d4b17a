/** The place of a database: what makes two nodes the same or different. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
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
  return `${renderEndpoint(address)}/${encode(address.database, /[%,;/?#@=\s]|:\/\//g)}`;
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
