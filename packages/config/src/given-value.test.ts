import { describe, expect, it } from "vitest";
import { invalid } from "./given-value.js";
import { renderSource, type SettingSource } from "./setting-source.js";

const flag: SettingSource = { kind: "flag", name: "--port" };
const file: SettingSource = { kind: "file", path: "/c", name: "PGPORT" };
const env: SettingSource = { kind: "env", name: "PGPORT" };

describe("renderSource", () => {
  it.each([
    [flag, "--port"],
    [file, "PGPORT in /c"],
    [env, "the environment variable PGPORT"],
    [{ kind: "default" } as const, "the default"],
  ])("names %j", (source, text) => {
    expect(renderSource(source)).toBe(text);
  });
});

describe("invalid", () => {
  it("says what was expected, what was given, and where to correct it", () => {
    expect(invalid({ value: "x", source: env }, "a port")).toMatchObject({
      code: "SETTING_INVALID",
      message: 'Expected the environment variable PGPORT to be a port, got "x".',
      hint: "Correct the environment variable PGPORT.",
      where: undefined,
    });
  });

  it("names the file, if it is one", () => {
    expect(invalid({ value: 0, source: file }, "a port")).toMatchObject({
      message: "Expected PGPORT in /c to be a port, got 0 (number).",
      where: { file: "/c" },
    });
  });

  it("calls an empty text nothing", () => {
    const { message } = invalid({ value: "", source: flag }, "a port");
    expect(message).toBe("Expected --port to be a port, got nothing.");
  });

  it("says what was probably meant", () => {
    const { hint } = invalid({ value: "alow", source: env }, "one of some", "shown", "allow");
    expect(hint).toBe('Did you mean "allow"?');
  });

  it.each([
    ["hunter2", "a text"],
    ["", "nothing"],
    [undefined, "nothing"],
    [null, "nothing"],
    [4711, "a number"],
    [true, "a boolean"],
    [["hunter2"], "an array"],
    [{ hunter2: "hunter2" }, "an object"],
    [() => "hunter2", "a function"],
  ])("shows no more of a secret than its kind: %j", (value, kind) => {
    const { message } = invalid({ value, source: flag }, "it", "secret");
    expect(message).toBe(`Expected --port to be it, got ${kind}.`);
  });

  it("shows the keys of an object, and never what they hold: a command may hold a password", () => {
    const value = [{ name: "a", gate: { command: "PGPASSWORD=hunter2 psql" } }, {}, 1];
    const { message } = invalid({ value, source: flag }, "it");
    expect(message).toBe(
      "Expected --port to be it, got [an object with name, gate, an object with nothing, 1 (number)].",
    );
  });
});
