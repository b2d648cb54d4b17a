import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { groupFailures, groupHookFailures } from "./group-failures.js";
import { anyName } from "./testing/any-run.js";
import { failureOn, serverError, shardNames } from "./testing/run-events.js";
import { withoutNames } from "./without-names.js";

describe("groupFailures", () => {
  it("puts shards together whose messages differ in names only", () => {
    const failures = ["sh0002", "sh0001"].map((shard) =>
      failureOn("n", shard, {
        error: serverError(`schema ${shard} has no table 'orders_${shard}'`),
      }),
    );
    const [group, ...others] = groupFailures(failures);
    expect(others).toEqual([]);
    expect(group?.shards.map(({ shard }) => shard)).toEqual(["sh0001", "sh0002"]);
    expect(group?.error.message).toContain("schema sh0001");
  });

  it.each([
    { details: ["Key (a)=(1).", "Key (a)=(1)."], words: "same" },
    { details: ["Key (a)=(1).", "Key (a)=(2)."], words: "alike" },
  ])("says that shards that failed alike say $words: $details", ({ details, words }) => {
    const failures = details.map((detail, i) =>
      failureOn("n", `sh${i}`, {
        error: serverError("x", { server: { sqlState: "23505", message: "not unique", detail } }),
      }),
    );
    expect(groupFailures(failures)).toMatchObject([{ words, shards: { length: 2 } }]);
    const hooks = failures.map(({ node, error }) => ({ node, file: "after.sql" as const, error }));
    expect(groupHookFailures(hooks)).toMatchObject([{ words }]);
  });

  it("names the nodes where a hook failed in the order of their names", () => {
    const error = serverError("x");
    const hooks = ["n2", "n3", "n1"].map((node) => ({ node, file: "after.sql" as const, error }));
    expect(groupHookFailures(hooks)).toMatchObject([{ nodes: ["n1", "n2", "n3"] }]);
  });

  it.each([
    { what: "the version", other: failureOn("n", "sh0002", { version: "20240103.x.sh" }) },
    {
      what: "the SQLSTATE",
      other: failureOn("n", "sh0002", {
        error: serverError("x", {
          server: { sqlState: "23505", message: 'relation "sh0002.orders" does not exist' },
        }),
      }),
    },
    {
      what: "the line",
      other: failureOn("n", "sh0002", {
        error: serverError('relation "sh0002.orders" does not exist', {
          where: { file: "migrations/20240102.add.sh.up.sql", line: 4, column: 8 },
        }),
      }),
    },
    { what: "the words", other: failureOn("n", "sh0002", { error: serverError("disk full") }) },
  ])("keeps failures apart that differ in $what", ({ other }) => {
    expect(groupFailures([failureOn("n", "sh0001"), other])).toHaveLength(2);
  });

  it("loses no shard, whatever the names and messages", () => {
    const failure = fc.record({ node: anyName, shard: anyName, message: anyName });
    fc.assert(
      fc.property(fc.array(failure), (drawn) => {
        const failures = drawn.map(({ node, shard, message }) =>
          failureOn(node, shard, { error: serverError(message), notAttempted: ["later"] }),
        );
        const groups = groupFailures(failures);
        const places = groups.flatMap(({ shards }) =>
          shards.map((placed) => JSON.stringify(placed)),
        );
        const expected = drawn.map(({ node, shard }) => JSON.stringify({ node, shard }));
        expect(places.toSorted()).toEqual(expected.toSorted());
        expect(groups.reduce((sum, { notAttempted }) => sum + notAttempted, 0)).toBe(drawn.length);
      }),
    );
  });
});

describe("withoutNames", () => {
  it("takes a name out as a word only, and whatever it is made of", () => {
    expect(withoutNames("a cat (a) of data", ["a"])).toBe('"" cat ("") of data');
    expect(withoutNames("on a+b.c here", ["a+b.c"])).toBe('on "" here');
  });

  it("makes the messages of all shards of a cluster equal", () => {
    const messages = shardNames(50).map((shard) =>
      withoutNames(`relation "${shard}.t" of schema ${shard} is gone`, [shard]),
    );
    expect(new Set(messages).size).toBe(1);
  });
});
