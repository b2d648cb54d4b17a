import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNodeList } from "./node-list.js";

describe("parseNodeList", () => {
  it.each([
    ["nothing", " \n", []],
    ["an empty array", "[ ]", []],
    [
      "an array of nodes and of texts",
      '[{"host":"a","port":1}, "b:2/db"]',
      [
        { host: "a", port: 1 },
        { host: "b", port: 2, database: "db" },
      ],
    ],
    [
      "lines, with comments",
      "# all\na:1\r\n\n b , c\n",
      [{ host: "a", port: 1 }, { host: "b" }, { host: "c" }],
    ],
    ["an IPv6 address, which starts like an array", "[::1]:5433", [{ host: "::1", port: 5433 }]],
    [
      "a JSON object a line",
      '{"host":"a"}\n{"host":"b","labels":{"region":"eu"}}',
      [{ host: "a" }, { host: "b", labels: { region: "eu" } }],
    ],
    [
      "connection strings, a line each",
      "host=a dbname=x\nhost=b,c\n",
      [
        { host: "a", database: "x" },
        { host: "b", alternatives: [{ host: "c" }] },
      ],
    ],
  ])("reads %s", (_, text, nodes) => {
    expect(parseNodeList(text)).toEqual(nodes);
  });

  it.each([
    ["JSON that breaks off", '[{"host":"a","password":"hunter2"', "The text starts like JSON"],
    ["a line of JSON that breaks off", 'a\n{"password":"hunter2"', "Line 2 starts like JSON"],
    ["an entry without host", '["a",{"password":"hunter2"}]', "Entry 2 is no node"],
    ["a connection string that breaks off", "a\nhost=b password='hunter2", "a quote"],
    ["such a one in an array", `["host=b password='hunter2"]`, "a quote"],
    ["a connection string as a host", '{"host":"host=b password=hunter2"}', "Line 1 is no node"],
    ["a text that is no host", "a\npostgres://ann:hunter2@b:x", "hosts has an entry"],
  ])("refuses %s, showing no password", (_, text, words) => {
    expect(() => parseNodeList(text)).toThrow(words);
    expect(() => parseNodeList(text)).not.toThrow("hunter2");
  });

  it("reads back every list of nodes, as an array and line by line", () => {
    const node = fc.record(
      {
        host: fc.string({ minLength: 1 }).filter((host) => !/[=@]|:\/\//.test(host)),
        port: fc.integer({ min: 1, max: 65535 }),
        password: fc.string(),
        labels: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
      },
      { requiredKeys: ["host"] },
    );
    fc.assert(
      fc.property(fc.array(node), (nodes) => {
        const lines = nodes.map((each) => JSON.stringify(each)).join("\n");
        expect(parseNodeList(JSON.stringify(nodes, null, 2))).toEqual(nodes);
        expect(parseNodeList(lines)).toEqual(nodes);
      }),
    );
  });
});
