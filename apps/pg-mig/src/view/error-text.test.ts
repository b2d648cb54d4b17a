import { PgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { renderError, type ShownError } from "./error-text.js";
import { renderLine } from "./styled-line.js";

const text = (error: ShownError) =>
  renderError(error)
    .map((spans) => renderLine(spans, { colors: false }))
    .join("\n");

describe("renderError", () => {
  it("says what happened, where, and what to do", () => {
    const error = new PgMigError("The limit is no number.", {
      code: "LIMIT_INVALID",
      where: { file: "migrations/1.a.sh.up.sql", line: 2 },
      hint: "Write a whole number.",
    });
    expect(text(error)).toBe(
      "error: The limit is no number.\n  at: migrations/1.a.sh.up.sql:2\n  what to do: Write a whole number.\n  more: pg-mig help LIMIT_INVALID",
    );
  });

  it("does not say again what the message says", () => {
    const error = {
      message: "a.sql:2:1: disk full",
      where: { file: "a.sql", line: 2, column: 1 },
      server: { message: "disk full", sqlState: "53100" },
    };
    expect(text(error)).toBe("error: a.sql:2:1: disk full\n  SQLSTATE: 53100");
  });

  it("gives the server's words where the message is the tool's own", () => {
    const error = { message: "No connection.", server: { message: "too many clients" } };
    expect(text(error)).toBe("error: No connection.\n  PostgreSQL: too many clients");
  });

  it.each(["Use a new version.", "Run again. Use a new version."])(
    "does not give the server's hint twice, if the advice says it: %s",
    (hint) => {
      const error = {
        message: "No.",
        hint,
        server: { message: "No.", hint: "Use a new version." },
      };
      expect(text(error)).toBe(`error: No.\n  what to do: ${hint}`);
      expect(text({ ...error, hint: "Stop." })).toBe(
        "error: No.\n  PostgreSQL's hint: Use a new version.\n  what to do: Stop.",
      );
    },
  );

  it("indents the further lines of a message and of a hint", () => {
    expect(text({ message: "Two files are wrong:\na.sql\nb.sql", hint: "Rename\nthem." })).toBe(
      "error: Two files are wrong:\n  a.sql\n  b.sql\n  what to do: Rename\n    them.",
    );
  });

  it("shows an escape sequence in a message instead of obeying it", () => {
    expect(text({ message: "bad \u001B[2J name" })).toBe("error: bad \\x1b[2J name");
  });

  it("lists the problems that the message does not tell already", () => {
    const problems = [
      {
        message: "$delay is no number.",
        hint: "Write a number.",
        where: { file: "a.sql", line: 1 },
      },
      { message: "$rate is unknown.", hint: "Remove it.", where: { file: "b.sql", line: 2 } },
      { message: "c.sql has no dn file.", where: { file: "c.sql" } },
    ];
    const error = new PgMigError("a.sql:1: $delay is no number. (and 2 more problems)", {
      code: "MIGRATION_FILE_INVALID",
      hint: "Write a number.",
      where: { file: "a.sql", line: 1 },
      problems,
    });
    expect(text(error)).toBe(
      `error: a.sql:1: $delay is no number. (and 2 more problems)
  what to do: Write a number.
  - b.sql:2: $rate is unknown.
    what to do: Remove it.
  - c.sql has no dn file.
  more: pg-mig help MIGRATION_FILE_INVALID`,
    );
  });
});

it("tells each of several problems that have the same words", () => {
  const problem = (file: string) => ({ message: "a limit is missing", where: { file, line: 1 } });
  const lines = renderError({
    message: "a.sql:1: a limit is missing (and 1 more problem)",
    problems: [problem("a.sql"), problem("b.sql")],
  });
  expect(lines.flat().map(({ text }) => text)).toContain("  - b.sql:1: a limit is missing");
});
