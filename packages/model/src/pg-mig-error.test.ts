import { describe, expect, it } from "vitest";
import { isPgMigError, PgMigError } from "./pg-mig-error.js";

describe("PgMigError", () => {
  it("carries code, hint, place and cause beside the message, glued to nothing", () => {
    const cause = new Error("underneath");
    const where = { node: "db1", file: "a.sql", line: 3 };
    const error = new PgMigError("It broke.", { code: "BROKEN", hint: "Mend it.", where, cause });
    expect(error).toMatchObject({ name: "PgMigError", code: "BROKEN", hint: "Mend it.", where });
    expect(error.message).toBe("It broke.");
    expect(error.cause).toBe(cause);
  });

  it("has no cause where none was given", () => {
    expect("cause" in new PgMigError("It broke.", { code: "BROKEN" })).toBe(false);
  });
});

describe("isPgMigError", () => {
  it("knows subclasses, and errors of another copy of the package", () => {
    class Sub extends PgMigError {}
    class OtherCopy extends Error {
      readonly family = "pg-mig";
    }
    expect(isPgMigError(new Sub("It broke.", { code: "BROKEN" }))).toBe(true);
    expect(isPgMigError(new OtherCopy("It broke."))).toBe(true);
  });

  it.each([
    ["a plain error", new Error("x")],
    ["a string", "x"],
    ["nothing", undefined],
  ])("does not take %s for one", (_, value) => {
    expect(isPgMigError(value)).toBe(false);
  });
});
