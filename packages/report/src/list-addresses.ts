import { collapseShards } from "./collapse-shards.js";
import { groupBy } from "./group-by.js";
import { formatCount } from "./quantities.js";

/** So many hosts, or ranges of hosts, are named of each group. */
const hostsShown = 24;

/**
 * Names the nodes of a run by host, port and database: `db1:5432/app`, or, if they are alike,
 * `db1, db2 (port 5432, database app)`. Pure.
 */
export function listAddresses(addresses: readonly string[]): string {
  const parts = addresses.map((address) => {
    const [, host = address, port = "", database = ""] = /^(.*):(\d+)\/(.*)$/.exec(address) ?? [];
    return { address, host, port, database };
  });
  return groupBy(parts, ({ port, database }) => JSON.stringify([port, database]))
    .map(([first, ...rest]) => {
      if (rest.length === 0) {
        return first.address;
      }
      const hosts = [first, ...rest].map(({ host }) => host);
      // Of names that are no plain words, such as IP addresses, each stands for itself.
      const ranges = hosts.every((host) => /^[a-z_][\w]*$/i.test(host))
        ? collapseShards(hosts).map(({ text, count }) => ({ text, count }))
        : [...new Set(hosts)].map((text) => ({ text, count: 1 }));
      const hidden = ranges.slice(hostsShown).reduce((sum, { count }) => sum + count, 0);
      const shown = ranges.slice(0, hostsShown).map(({ text }) => text);
      const more = hidden === 0 ? [] : [`… ${formatCount(hidden)} more`];
      return `${[...shown, ...more].join(", ")} (port ${first.port}, database ${first.database})`;
    })
    .join("; ");
}
