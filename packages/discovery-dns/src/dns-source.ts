import { Resolver } from "node:dns/promises";
import type { DiscoverySource, NodeSpec } from "@pg-mig/cluster";
import { addressesOf, noRecords } from "./dns-records.js";

export interface DnsOptions {
  /** Names of SRV records, such as `_postgres._tcp.db.internal`: a node for each target and port. */
  readonly srv?: string | readonly string[];
  /** Names whose A and AAAA records are the nodes, such as that of a headless service. */
  readonly a?: string | readonly string[];
  /** The port of the nodes that `a` finds; SRV records have their own. @default the default port */
  readonly port?: number;
  /** Name servers to ask, such as `127.0.0.1:8600`. @default those of the system */
  readonly servers?: readonly string[];
  /**
   * What the host of a node is: the `name` that an SRV record gives, which TLS can verify, or its
   * `address`, for names that only `servers` know.
   * @default "name", and "address" where `servers` is given
   */
  readonly targets?: "name" | "address";
  /** What the nodes have in common: database, user, labels and so on. */
  readonly node?: Omit<NodeSpec, "host" | "port">;
  /** How long a name server may take to answer; it is asked three times. In milliseconds. @default 2000 */
  readonly timeoutMs?: number;
}

/**
 * The source for a cluster whose nodes are in DNS. A name that does not exist is a failure, and so
 * is one without records: nodes are never left out in silence.
 *
 * @throws TypeError if neither `srv` nor `a` names anything
 */
export function dns(options: DnsOptions): DiscoverySource {
  const { servers, port, node, timeoutMs = 2000 } = options;
  const { targets = servers === undefined ? "name" : "address" } = options;
  const srv = [options.srv ?? []].flat();
  const names = [options.a ?? []].flat();
  if (srv.length + names.length === 0) {
    throw new TypeError("dns() needs a name in `srv` or `a`.");
  }

  async function fromService(resolver: Resolver, service: string): Promise<NodeSpec[]> {
    const records = await resolver.resolveSrv(service);
    // RFC 2782: the target "." says that there is no such service here.
    const offered = records.filter(({ name }) => name !== "" && name !== ".");
    if (offered.length === 0) {
      throw noRecords("SRV", service);
    }
    const found = offered.map(async (record): Promise<NodeSpec[]> => {
      const hosts = targets === "name" ? [record.name] : await addressesOf(resolver, record.name);
      return hosts.map((host) => ({ ...node, host, port: record.port }));
    });
    return (await Promise.all(found)).flat();
  }

  async function fromAddresses(resolver: Resolver, name: string): Promise<NodeSpec[]> {
    const hosts = await addressesOf(resolver, name);
    return hosts.map((host) => ({ ...node, host, ...(port === undefined ? {} : { port }) }));
  }

  return {
    name: `dns ${[...srv, ...names].join(", ")}`,
    async discover({ signal }) {
      signal.throwIfAborted();
      const resolver = new Resolver({ timeout: timeoutMs, tries: 3 });
      if (servers !== undefined) {
        resolver.setServers(servers);
      }
      const cancel = () => resolver.cancel();
      signal.addEventListener("abort", cancel);
      try {
        const found = await Promise.all([
          ...srv.map((service) => fromService(resolver, service)),
          ...names.map((name) => fromAddresses(resolver, name)),
        ]);
        return found.flat();
      } finally {
        signal.removeEventListener("abort", cancel);
      }
    },
  };
}
