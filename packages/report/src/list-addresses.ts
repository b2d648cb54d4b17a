import { groupBy } from "./group-by.js";

/** From so many neighbours on, hosts are named as a range. */
const shortestRange = 3;

/**
 * Names the nodes of a run by host, port and database: `db1:5432/app`, or, if they are alike in port and
 * database, `db[1-9].example.com, other (port 5432, database app)`. Leaves none out. Pure.
 */
export function listAddresses(addresses: readonly string[]): string {
  const parts = addresses.map((address) => {
    const [, host = address, port = "", database = ""] = /^(.*):(\d+)\/(.*)$/s.exec(address) ?? [];
    return { address, host, port, database };
  });
  return groupBy(parts, ({ port, database }) => JSON.stringify([port, database]))
    .map(([first, ...rest]) => {
      const hosts = [first, ...rest].map(({ host }) => host);
      return rest.length === 0
        ? first.address
        : `${collapseHosts(hosts).join(", ")} (port ${first.port}, database ${first.database})`;
    })
    .join("; ");
}

interface NumberedHost {
  readonly host: string;
  readonly stem: string;
  /** The digits that tell it from its neighbours; empty if it has none. */
  readonly digits: string;
  readonly rest: string;
}

/** Ranges stand where the first host of their kind stood; within a kind, hosts are sorted by number. */
function collapseHosts(hosts: readonly string[]): string[] {
  const kinds = groupBy(hosts.map(splitNumber), ({ host, stem, digits, rest }) =>
    JSON.stringify(digits === "" ? [host] : [stem, rest]),
  );
  return kinds.flatMap((kind) => {
    const sorted = kind.toSorted((a, b) => Number(a.digits) - Number(b.digits));
    const texts: string[] = [];
    for (let first = 0; first < sorted.length; ) {
      let next = first + 1;
      while (follows(sorted[next - 1], sorted[next])) {
        next += 1;
      }
      texts.push(...rangeOf(sorted.slice(first, next)));
      first = next;
    }
    return texts;
  });
}

/** In an IPv4 address the last number counts, in a name the last one of its first label. */
function splitNumber(host: string): NumberedHost {
  const match =
    /^((?:\d+\.){3})(\d{1,3})()$/.exec(host) ??
    /^([a-z_][^.]*?|)(\d{1,15})([^.\d]*(?:\..*)?)$/i.exec(host);
  const [, stem = host, digits = "", rest = ""] = match ?? [];
  return { host, stem, digits, rest };
}

function follows(previous: NumberedHost | undefined, next: NumberedHost | undefined): boolean {
  return (
    previous !== undefined &&
    next !== undefined &&
    Number(previous.digits) + 1 === Number(next.digits) &&
    // Of 09 and 10 both have two digits, of 9 and 10 neither has a zero in front.
    (previous.digits.length === next.digits.length ||
      !(previous.digits.startsWith("0") || next.digits.startsWith("0")))
  );
}

function rangeOf(run: readonly NumberedHost[]): string[] {
  const [first] = run;
  return first === undefined || run.length < shortestRange
    ? run.map(({ host }) => host)
    : [`${first.stem}[${first.digits}-${run.at(-1)?.digits}]${first.rest}`];
}
