import { expect, it } from "vitest";
import { catalogSql } from "./catalog-sql.js";
import { itemKinds } from "./item-kinds.js";

it("lists every kind that the query tells, and no other", () => {
  const sql = catalogSql(["sh1"], { major: 18, access: "yes" });
  // The kind is what comes before the path: one literal, or the results of a CASE.
  const expressions = [
    ...sql.matchAll(
      /::pg_catalog\.int4, \([^\n]*?\)::pg_catalog\.text, (CASE .*? END|'[^']+'), \(/g,
    ),
  ];
  const told = expressions.flatMap(([, kind = ""]) =>
    kind.startsWith("CASE")
      ? [...kind.matchAll(/(?:THEN|ELSE) '([^']+)'/g)].map(([, name]) => name)
      : [kind.slice(1, -1)],
  );
  expect([...new Set([...told, "comment", "security label"])].sort()).toEqual(itemKinds);
});
