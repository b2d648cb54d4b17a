import { expect, it } from "vitest";
import { listAddresses } from "./list-addresses.js";

it.each([
  [["db1:5432/app"], "db1:5432/app"],
  [["db1:5432/app", "db2:5432/app"], "db1-2 (port 5432, database app)"],
  [["127.0.0.1:5432/app", "127.0.0.2:5432/app"], "127.0.0.1, 127.0.0.2 (port 5432, database app)"],
  [["127.0.0.1:5432/app", "127.0.0.1:5433/app"], "127.0.0.1:5432/app; 127.0.0.1:5433/app"],
  [["/run/pg:5432/app", "[::1]:5432/other"], "/run/pg:5432/app; [::1]:5432/other"],
  [[], ""],
])("names %j as %s", (addresses, text) => {
  expect(listAddresses(addresses)).toBe(text);
});

it("names a thousand hosts in ranges, and counts what is left", () => {
  const odd = Array.from({ length: 1000 }, (_, i) => `db${i * 2}:5432/app`);
  expect(listAddresses(odd)).toMatch(/, … 976 more \(port 5432, database app\)$/);
  const close = Array.from({ length: 900 }, (_, i) => `db${i + 100}:5432/app`);
  expect(listAddresses(close)).toBe("db100-999 (port 5432, database app)");
});
