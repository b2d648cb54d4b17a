import type { ColorSetting } from "@pg-mig/config";
import { groupEnd, groupStart, withoutCommands } from "./github-log.js";

/** Where a view writes, and what it may do there. */
export interface Terminal {
  write(text: string): void;
  /** The size at this moment: it changes when the user resizes the window. */
  columns(): number;
  rows(): number;
  /** Whether lines can be drawn over. False for pipes, files, CI and dumb terminals. */
  readonly isTty: boolean;
  readonly colors: boolean;
  /** Folds the lines between two calls; missing: nobody who reads this can. */
  readonly groups?: { begin(title: string): void; end(): void };
}

/** What a {@link Terminal} is made from: structurally, `process.stdout` or `process.stderr`. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * Wraps an output stream. `TERM=dumb` and a set `CI` make it a plain one. With `auto`, `FORCE_COLOR` (other
 * than `0` and `false`) turns colours on, `NO_COLOR` off; if both are set, `FORCE_COLOR` wins, as in Node.
 * In a job of GitHub (`GITHUB_ACTIONS=true`), lines can be grouped, and none is taken for a command to it.
 */
export function createTerminal(
  stream: TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
  color: ColorSetting = "auto",
): Terminal {
  const isTty = stream.isTTY === true && env.TERM !== "dumb" && !isSet(env.CI);
  const isGithub = env.GITHUB_ACTIONS === "true";
  return {
    write: (text) => {
      stream.write(isGithub ? withoutCommands(text) : text);
    },
    // A pseudo terminal without a size says 0.
    columns: () => stream.columns || 80,
    rows: () => stream.rows || 24,
    isTty,
    colors: color === "auto" ? wantsColors(isTty, env) : color === "always",
    ...(isGithub
      ? {
          groups: {
            begin: (title: string) => void stream.write(groupStart(title)),
            end: () => void stream.write(groupEnd),
          },
        }
      : {}),
  };
}

function wantsColors(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.FORCE_COLOR !== undefined) {
    return env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  }
  return isTty && !env.NO_COLOR;
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0" && value !== "false";
}
