import { spawn } from "node:child_process";
import { once } from "node:events";
import xterm from "@xterm/headless";
import type { ProgramSurroundings } from "./run-program.js";
import { cleanEnvironment } from "./run-program.js";

/** A command in a terminal of 100 columns and 40 rows. */
export interface TerminalSession {
  /** What its user sees, scrolled away lines included. A line that the terminal wrapped is one line. */
  screen(): Promise<string>;
  /** Resolves when the command has ended, however it ended. */
  readonly ended: Promise<void>;
  /** Closes the terminal; whatever runs in it is told so. */
  close(): Promise<void>;
}

/** Opens a terminal and runs a command in it, with a shell. */
export function openTerminal(
  line: string,
  { cwd, env = {} }: ProgramSurroundings,
): TerminalSession {
  const size = { cols: 100, rows: 40 };
  const terminal = new xterm.Terminal({ ...size, scrollback: 10_000, allowProposedApi: true });
  const sized = `stty cols ${size.cols} rows ${size.rows}; ${line}`;
  // Of the two programs with this name, one belongs to Linux, the other to macOS.
  const args =
    process.platform === "linux"
      ? ["-qec", sized, "/dev/null"]
      : ["-q", "/dev/null", "sh", "-c", sized];
  const child = spawn("script", args, {
    cwd,
    env: { ...cleanEnvironment(), TERM: "xterm-256color", ...env },
    stdio: ["pipe", "pipe", "ignore"],
  });
  child.stdout.on("data", (chunk: Buffer) => terminal.write(chunk));
  const ended = once(child, "close").then(() => {});
  return {
    ended,
    async screen() {
      // What was written before is parsed by then.
      await new Promise<void>((resolve) => terminal.write("", resolve));
      const buffer = terminal.buffer.active;
      const lines: string[] = [];
      for (let row = 0; row < buffer.length; row++) {
        const shown = buffer.getLine(row);
        const text = shown?.translateToString(true) ?? "";
        lines.push(shown?.isWrapped ? `${lines.pop() ?? ""}${text}` : text);
      }
      return lines.join("\n").trimEnd();
    },
    async close() {
      child.kill();
      await ended;
      terminal.dispose();
    },
  };
}
