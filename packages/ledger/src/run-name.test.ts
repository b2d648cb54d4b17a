import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRunName, renderRunName } from "./run-name.js";

const runNames = fc.record({
  action: fc.constantFrom("apply", "undo", "status", "dry", "latest"),
  since: fc.date({
    min: new Date("2000-01-01"),
    max: new Date("2999-12-31"),
    noInvalidDate: true,
  }),
  pid: fc.integer({ min: 1, max: 4_194_304 }),
  host: fc.string({ unit: "binary", maxLength: 100 }),
});

describe("the name of a run", () => {
  it("is readable by people", () => {
    const since = new Date("2026-11-22T23:51:02.345Z");
    const name = renderRunName({ action: "apply", since, pid: 1234, host: "ci-7" });
    expect(name).toBe("pg-mig apply 2026-11-22T23:51:02Z 1234@ci-7");
  });

  it("has the printable ASCII of the host as it is, and a mark for any other character", () => {
    const run = { action: "apply", since: new Date("2026-11-22T23:51:02Z"), pid: 1 };
    const shownOf = (host: string) => parseRunName(renderRunName({ ...run, host }))?.host;
    for (let code = 0; code < 0x100; code++) {
      const host = `a${String.fromCodePoint(code)}b`;
      // What servers leave as it is: pg_clean_ascii() in src/common/string.c.
      expect(shownOf(host), String(code)).toBe(code >= 32 && code <= 126 ? host : "a?b");
    }
    expect(shownOf("a\u{1f600}b")).toBe("a?b");
  });

  it("is cut at the end where the host is long", () => {
    const run = { action: "apply", since: new Date("2026-11-22T23:51:02Z"), pid: 1 };
    const name = renderRunName({ ...run, host: "h".repeat(200) });
    expect(name).toBe("pg-mig apply 2026-11-22T23:51:02Z 1@".padEnd(63, "h"));
  });

  it("can be read back, but for what a server could not show, and never has over 63 bytes", () => {
    fc.assert(
      fc.property(runNames, (name) => {
        const rendered = renderRunName(name);
        expect(Buffer.byteLength(rendered)).toBeLessThanOrEqual(63);
        const { host, ...parsed } = parseRunName(rendered) ?? {};
        const since = new Date(Math.floor(name.since.getTime() / 1000) * 1000);
        expect(parsed).toEqual({ action: name.action, pid: name.pid, since });
        expect(name.host.replace(/[^ -~]/gu, "?").startsWith(host ?? "none")).toBe(true);
        if (name.host.length < 15) {
          expect(host).toBe(name.host.replace(/[^ -~]/gu, "?"));
        }
      }),
    );
  });

  it("is not seen in other names", () => {
    const name = "pg-mig apply 2026-11-22T23:51:02Z 1@a";
    expect(parseRunName(name)?.host).toBe("a");
    const others = ["", "pg-mig", "psql", "pg-mig apply yesterday 1@a", `x ${name}`, `${name}\nb`];
    for (const other of others) {
      expect(parseRunName(other)).toBeUndefined();
    }
    expect(parseRunName("pg-mig apply 2026-99-22T23:51:02Z 1@a")).toBeUndefined();
  });
});
