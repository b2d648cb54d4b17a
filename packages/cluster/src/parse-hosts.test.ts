import { PgMigError } from "@pg-mig/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderAddress } from "./node-address.js";
import { parseHosts } from "./parse-hosts.js";

const text = fc.string({ unit: "binary", minLength: 1 }).filter((value) => !value.includes("\0"));
const port = fc.integer({ min: 1, max: 65535 });

function failure(list: string): PgMigError {
  try {
    parseHosts(list);
  } catch (error) {
    if (error instanceof PgMigError) {
      return error;
    }
  }
  throw new Error(`parseHosts accepted ${list}`);
}

describe("parseHosts", () => {
  it.each([
    ["db1", [{ host: "db1" }]],
    ["db1:6432", [{ host: "db1", port: 6432 }]],
    ["db1/app", [{ host: "db1", database: "app" }]],
    ["db1:6432/app", [{ host: "db1", port: 6432, database: "app" }]],
    ["/app", [{ host: "", database: "app" }]],
    ["db1/", [{ host: "db1" }]],
    ["[::1]", [{ host: "::1" }]],
    ["[fe80::1%25eth0]:6432/app", [{ host: "fe80::1%eth0", port: 6432, database: "app" }]],
    ["/var/run/postgresql", [{ host: "/var/run/postgresql" }]],
    ["/tmp/", [{ host: "/tmp" }]],
    ["/tmp/:6432", [{ host: "/tmp", port: 6432 }]],
    ["/run/pg:6432/app", [{ host: "/run/pg", port: 6432, database: "app" }]],
    ["postgres://db1", [{ host: "db1" }]],
    ["postgresql://ann@db1", [{ host: "db1", user: "ann" }]],
    ["postgres://ann:@db1", [{ host: "db1", user: "ann" }]],
    ["postgres://:secret@db1/app", [{ host: "db1", password: "secret", database: "app" }]],
    ["postgres://ann:a:b%40c@db1", [{ host: "db1", user: "ann", password: "a:b@c" }]],
    ["postgres://ann:a@b@db1", [{ host: "db1", user: "ann", password: "a@b" }]],
    ["postgres://[::1]:6432/app", [{ host: "::1", port: 6432, database: "app" }]],
    ["postgres://%2Frun%2Fpg:6432/app", [{ host: "/run/pg", port: 6432, database: "app" }]],
    ["postgres:///app?host=/run/pg", [{ host: "/run/pg", database: "app" }]],
    ["postgres://db1?sslmode=require", [{ host: "db1", sslMode: "require" }]],
    ["::1", [{ host: "::1" }]],
    ["2001:db8::1/app", [{ host: "2001:db8::1", database: "app" }]],
    ["1:2:3:4:5:6:7:8", [{ host: "1:2:3:4:5:6:7:8" }]],
    ["1:2:3:4:5:6:7:8:5432", [{ host: "1:2:3:4:5:6:7:8", port: 5432 }]],
    ["fe80::ab:cd", [{ host: "fe80::ab:cd" }]],
    ["postgres://db1?connect_timeout=3", [{ host: "db1", parameters: { connect_timeout: "3" } }]],
    ["postgres://db1?ssl=true", [{ host: "db1", sslMode: "require" }]],
    [
      "postgres://ann@a:1,b,[::1]:3/app?target_session_attrs=primary;c",
      [
        {
          host: "a",
          port: 1,
          alternatives: [{ host: "b" }, { host: "::1", port: 3 }],
          user: "ann",
          database: "app",
          parameters: { target_session_attrs: "primary" },
        },
        { host: "c" },
      ],
    ],
    ["postgres://a/app,b", [{ host: "a", database: "app" }, { host: "b" }]],
    ["postgres://a,b", [{ host: "a" }, { host: "b" }]],
    ["postgres://a,postgres://b/app", [{ host: "a" }, { host: "b", database: "app" }]],
    [
      "postgres://%2Frun%2Fpg,b:7/app",
      [{ host: "/run/pg", alternatives: [{ host: "b", port: 7 }], database: "app" }],
    ],
    [
      " host = a,b  port=1,2 user='ann b' password='p\\' q' dbname = app sslmode=require hostaddr=10.0.0.1,",
      [
        {
          host: "a",
          port: 1,
          hostaddr: "10.0.0.1",
          alternatives: [{ host: "b", port: 2 }],
          user: "ann b",
          password: "p' q",
          database: "app",
          sslMode: "require",
        },
      ],
    ],
    ["hostaddr=10.0.0.1 port=7", [{ host: "", hostaddr: "10.0.0.1", port: 7 }]],
    ["service=prod", [{ host: "", parameters: { service: "prod" } }]],
    ["a, b;c  d\n,;e", ["a", "b", "c", "d", "e"].map((host) => ({ host }))],
    ["", []],
  ])("reads %j", (list, expected) => {
    expect(parseHosts(list)).toEqual(expected);
  });

  it("reads every address back that a node is named after", () => {
    const directory = fc.array(text, { minLength: 1 }).map((parts) => `/${parts.join("/")}`);
    const host = fc.oneof(
      fc.domain(),
      fc.ipV4(),
      fc.ipV6(),
      directory.map((path) => path.replace(/\/+$/, "") || "/tmp"),
    );
    fc.assert(
      fc.property(fc.record({ host, port, database: text }), (address) => {
        expect(parseHosts(renderAddress(address))).toEqual([address]);
      }),
    );
  });

  it("reads every user, password and database from a percent-encoded URL", () => {
    fc.assert(
      fc.property(fc.domain(), port, text, text, text, (host, port, user, password, database) => {
        const [u, p, d] = [user, password, database].map(encodeURIComponent);
        expect(parseHosts(`postgres://${u}:${p}@${host}:${port}/${d}`)).toEqual([
          { host, port, user, password, database },
        ]);
      }),
    );
  });

  it("takes any run of separators between entries for one", () => {
    const separator = fc
      .array(fc.constantFrom(",", ";", " ", "\t", "\n"), { minLength: 1 })
      .map((blanks) => blanks.join(""));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.domain(), separator)), separator, (entries, before) => {
        const list = before + entries.map((entry) => entry.join("")).join("");
        expect(parseHosts(list)).toEqual(entries.map(([host]) => ({ host })));
      }),
    );
  });

  it.each([
    ["db1:", "the port"],
    ["db1:0", "the port"],
    ["db1:65536", "the port"],
    ["db1:54x", "the port"],
    ["db1/a/b", "%2F"],
    ["2001:db8::1:5432", "IPv6 address without brackets"],
    ["::1:5432/app", "IPv6 address without brackets"],
    ["[db1]", "no IPv6 address in the brackets"],
    ["/", "the database is missing"],
    ["ann:secret@db1", "postgres://"],
    ["mysql://db1", "postgres://"],
    ["postgres://db1?connect_timeuot=3", "connect_timeuot"],
    ["postgres://a:1,b:2/app?port=3%2C4%2C5", "as many values of port"],
    ["host=a,b hostaddr=10.0.0.1", "as many values of hostaddr"],
    ["host=a port=x", "its port"],
    ["host=a sslmode=secret", "verify-full"],
    ["host=a secret=secret", "keyword number 2"],
    ["host=a 'secret'", 'no "="'],
    ["host=a password='secret", "quote"],
    ["postgres://db1?sslmode=yes", "verify-full"],
    ["db%ZZ", "%25"],
    ["db1/%00", "%25"],
    ["postgres://ann:54321/word@db1", "%40"],
    ["postgres://ann:54321#word@db1", "%23"],
    ["postgres://db1/app#x", "%23"],
    ["postgres://ann:54321?secret@db1", "%40"],
    ["postgres://ann:54321?sslmode=secret@db1", "%40"],
    ["postgres://ann:a@b?secret=c@db1", "%40"],
  ])("refuses %j", (list, words) => {
    const { code, message, hint } = failure(list);
    expect(code).toBe("HOSTS_INVALID");
    expect(`${message} ${hint}`).toContain(words);
    expect(message).not.toMatch(/54321|secret/);
  });

  it("never shows a password in an error, not even one that should have been encoded", () => {
    const secret = fc
      .array(fc.constantFrom(..."Qx7@:/?#%,; [&="), { minLength: 3 })
      .map((characters) => characters.join(""))
      .filter((value) => /Q.*x|x.*Q/.test(value));
    fc.assert(
      fc.property(
        secret,
        fc.constantFrom("db1:x", "db1:5432/a/b", "db1?foo=1"),
        (password, rest) => {
          let shown = "";
          try {
            parseHosts(`postgres://ann:${password}@${rest}`);
          } catch (error) {
            if (error instanceof PgMigError) {
              shown = `${error.message} ${error.hint}`;
            }
          }
          expect(shown.split('"')[1] ?? "").not.toMatch(/[Q7]/);
          expect(shown).not.toContain("Q");
        },
      ),
    );
  });

  it.each([
    "db1, host=db2 password='S3cret Pw' dbname=app",
    "S3cretPw:x password=S3cretPw",
    "postgres://S3cretPw:x/y/z password=S3cretPw",
    "mysql://S3cretPw?password=S3cretPw",
  ])(
    "refuses a keyword/value connection string among other entries, and shows nothing of it: %s",
    (list) => {
      const { code, message, hint } = failure(list);
      expect(code).toBe("HOSTS_INVALID");
      expect(message).toMatch(/^Entry \d of the list of hosts has an "="/);
      expect(hint).toContain("postgres://user:password@host:port/db");
      expect(`${message} ${hint}`).not.toMatch(/S3cret|127/);
    },
  );

  it("ends on every text, with nodes or an error of its own", () => {
    const pieces = fc.constantFrom(
      ...[
        "postgres://",
        "host=",
        "@",
        ":",
        "/",
        "?",
        "&",
        "=",
        "%",
        "%2F",
        "[",
        "]",
        "::1",
        ",",
        ";",
      ],
      ...[" ", "'", "\\", "#", "5432", "a", "ü", "sslmode", "port=", "service="],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        try {
          parseHosts(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(PgMigError);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("shows no part of a keyword/value connection string that it refuses", () => {
    const text = fc
      .array(fc.constantFrom(..."QXZ='\\ ,", "host=", "password=", " sslmode="), { minLength: 1 })
      .map((parts) => `host=${parts.join("")}`);
    fc.assert(
      fc.property(text, (list) => {
        try {
          parseHosts(list);
        } catch (error) {
          expect(error).toBeInstanceOf(PgMigError);
          expect(error instanceof Error && error.message).not.toMatch(/[QXZ]/);
        }
      }),
    );
  });

  it("shows no part of a list in which a keyword/value connection string is", () => {
    const word = fc
      .array(fc.constantFrom(..."QXZ@:/?#%'[]\\&."), { minLength: 1, maxLength: 12 })
      .map((characters) => characters.join(""));
    const pair = fc
      .tuple(fc.constantFrom("host", "password", "dbname", ""), fc.constantFrom("=", " = "), word)
      .map((parts) => parts.join(""));
    const separator = fc.constantFrom(" ", ",", ";", "  ", "\n");
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(word, pair, fc.constant("postgres://Q:X=Z")), separator)),
        pair,
        fc.array(fc.tuple(separator, fc.oneof(word, pair))),
        (before, dsn, after) => {
          const list = [before, dsn, after].flat(3).join("");
          // Alone it is no part of a list.
          fc.pre(!/^\s*(?:host|password|dbname)\s*=/.test(list));
          const { message, hint, cause } = failure(list);
          expect(`${message} ${hint}`).not.toMatch(/[QXZ]/);
          expect(cause).toBeUndefined();
        },
      ),
    );
  });
});
