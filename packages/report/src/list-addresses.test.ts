import fc from "fast-check";
import { expect, it } from "vitest";
import { listAddresses } from "./list-addresses.js";

it.each([
  [["db1:5432/app"], "db1:5432/app"],
  [["db1:5432/app", "db2:5432/app"], "db1, db2 (port 5432, database app)"],
  [["db1:5432/app", "db3:5432/app", "db2:5432/app"], "db[1-3] (port 5432, database app)"],
  [["127.0.0.1:5432/app", "127.0.0.1:5433/app"], "127.0.0.1:5432/app; 127.0.0.1:5433/app"],
  [["/run/pg:5432/app", "[::1]:5432/other"], "/run/pg:5432/app; [::1]:5432/other"],
  [[], ""],
])("names %j as %s", (addresses, text) => {
  expect(listAddresses(addresses)).toBe(text);
});

it.each([
  [["db8", "db9", "db10", "db11"], "db[8-11]"],
  [["db08", "db09", "db10", "db011"], "db[08-10], db011"],
  [
    ["pg-1a.eu1.example.com", "pg-2a.eu1.example.com", "pg-3a.eu1.example.com"],
    "pg-[1-3]a.eu1.example.com",
  ],
  [["10.0.0.9", "10.0.0.10", "10.0.0.11", "10.0.1.12"], "10.0.0.[9-11], 10.0.1.12"],
  [["[::1]", "[::2]", "[::3]"], "[::1], [::2], [::3]"],
  [["db1", "other", "db3"], "db1, db3, other"],
  [["db1", "DB2", "db3"], "db1, db3, DB2"],
])("names the hosts %j as %s", (hosts, text) => {
  expect(listAddresses(hosts.map((host) => `${host}:5432/app`))).toBe(
    `${text} (port 5432, database app)`,
  );
});

it("hides no host, however many there are: each is in the text once, alone or in a range", () => {
  const host = fc.oneof(
    fc
      .tuple(fc.constantFrom("db", "pg-", "h.x"), fc.nat({ max: 60 }))
      .map(([stem, n]) => `${stem}${n}`),
    fc.nat({ max: 60 }).map((n) => `db${String(n).padStart(3, "0")}.example.com`),
    fc.nat({ max: 255 }).map((n) => `10.0.0.${n}`),
  );
  fc.assert(
    fc.property(fc.uniqueArray(host, { minLength: 2, maxLength: 200 }), (hosts) => {
      const text = listAddresses(hosts.map((name) => `${name}:5432/app`));
      const [list = ""] = text.split(" (port");
      expect(list.split(", ").flatMap(expand).toSorted()).toEqual(hosts.toSorted());
    }),
  );
});

function expand(part: string): string[] {
  const [, stem = "", from = "", to = "", rest = ""] = /^(.*)\[(\d+)-(\d+)\](.*)$/.exec(part) ?? [];
  if (to === "") {
    return [part];
  }
  return Array.from(
    { length: Number(to) - Number(from) + 1 },
    (_, i) => `${stem}${String(Number(from) + i).padStart(from.length, "0")}${rest}`,
  );
}
