import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { bugAddress } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import type { CommandProcess } from "./command-process.js";
import { run } from "./run.js";

/** A process that cannot be asked for its working directory, which is no fault of the user's. */
function brokenProcess(signal = "none") {
  const printed = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof printed) =>
    Object.assign(new EventEmitter(), {
      isTTY: false,
      write: (text: string) => {
        printed[name] += text;
        return true;
      },
    });
  const process: EventEmitter = Object.assign(new EventEmitter(), {
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    env: {},
    cwd: () => {
      process.emit(signal);
      return 7;
    },
    onUncaught: () => {},
    exit: () => undefined as never,
  });
  return { printed, process: process as unknown as CommandProcess };
}

describe("a bug of the command", () => {
  it("ends it with status 70, what to report and where, and no stack trace", async () => {
    const { process, printed } = brokenProcess();
    expect(await run(["--chain"], process)).toBe(70);
    const { stdout, stderr } = printed;
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^bug: TypeError/);
    expect(stderr).toMatch(/program: pg-mig \d+\.\d+\.\d+, Node v\d+/);
    expect(stderr).toContain(`Report it at ${bugAddress}`);
    expect(stderr).not.toContain("    at ");
  });

  it("has its stack trace with --debug, and is an object with --json", async () => {
    const { process, printed } = brokenProcess();
    expect(await run(["--chain", "--debug", "--json"], process)).toBe(70);
    expect(printed.stderr).toContain("    at ");
    expect(JSON.parse(printed.stdout)).toMatchObject({ type: "error", code: "INTERNAL_ERROR" });
  });

  it("is told also if it comes after a Ctrl-C", async () => {
    const { process, printed } = brokenProcess("SIGINT");
    expect(await run(["--chain"], process)).toBe(70);
    expect(printed.stderr).toMatch(/^bug: TypeError/);
  });

  it("is reported to the address that the packages name", () => {
    const { bugs } = createRequire(import.meta.url)("../package.json");
    expect(bugAddress).toBe(bugs);
  });
});
