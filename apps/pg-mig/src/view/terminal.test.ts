import { describe, expect, it } from "vitest";
import { createTerminal, type TerminalStream } from "./terminal.js";

const stream = (more: Partial<TerminalStream> = {}): TerminalStream => ({
  write: () => true,
  ...more,
});
const tty = stream({ isTTY: true, columns: 100, rows: 30 });

describe("createTerminal", () => {
  it.each([
    { name: "a terminal", of: tty, env: {}, isTty: true, colors: true },
    { name: "a pipe", of: stream(), env: {}, isTty: false, colors: false },
    { name: "a dumb terminal", of: tty, env: { TERM: "dumb" }, isTty: false, colors: false },
    { name: "a terminal in CI", of: tty, env: { CI: "true" }, isTty: false, colors: false },
    { name: "CI=false", of: tty, env: { CI: "false" }, isTty: true, colors: true },
    { name: "NO_COLOR", of: tty, env: { NO_COLOR: "1" }, isTty: true, colors: false },
    { name: "an empty NO_COLOR", of: tty, env: { NO_COLOR: "" }, isTty: true, colors: true },
    { name: "FORCE_COLOR", of: stream(), env: { FORCE_COLOR: "1" }, isTty: false, colors: true },
    { name: "FORCE_COLOR=0", of: tty, env: { FORCE_COLOR: "0" }, isTty: true, colors: false },
    {
      name: "FORCE_COLOR beside NO_COLOR",
      of: stream(),
      env: { FORCE_COLOR: "1", NO_COLOR: "1" },
      isTty: false,
      colors: true,
    },
  ])("knows what $name can do", ({ of, env, isTty, colors }) => {
    expect(createTerminal(of, env)).toMatchObject({ isTty, colors });
  });

  it("asks for the size each time, because it changes", () => {
    const resized = { ...tty, columns: 100 };
    const terminal = createTerminal(resized, {});
    resized.columns = 40;
    expect([terminal.columns(), terminal.rows()]).toEqual([40, 30]);
  });

  it("takes 80 by 24 where the size is unknown", () => {
    const terminal = createTerminal(stream({ columns: 0 }), {});
    expect([terminal.columns(), terminal.rows()]).toEqual([80, 24]);
  });
});
