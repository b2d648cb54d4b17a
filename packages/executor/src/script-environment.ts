import type { RunScriptOptions, ScriptNotice } from "@pg-mig/psql-script";
import type { RunEvent } from "@pg-mig/report";

/** What all files of a run share. */
export interface ScriptEnvironment {
  /** The environment that psql commands in the files see. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether backticks, `\!` and `\copy … program` run shell commands; otherwise they are errors. */
  readonly allowShell: boolean;
  readonly emit: (event: RunEvent) => void;
  /** When it aborts: no further message is sent. */
  readonly signal: AbortSignal;
}

/** What a file is run for. */
interface ScriptPlace {
  readonly node: string;
  readonly shard?: string;
  readonly version?: string;
  readonly file: string;
}

/** The options with which a file runs: what it prints, and what the server warns of, become events. */
export function scriptOptions(
  { env, allowShell, emit, signal }: ScriptEnvironment,
  { file, ...place }: ScriptPlace,
): RunScriptOptions {
  return {
    env,
    allowShell,
    signal,
    onNotice: ({ severity, code, message }: ScriptNotice) => {
      // The severity is in the language of the server.
      if (severity === "WARNING" || code?.startsWith("01")) {
        emit({ type: "warning", ...place, message });
      }
    },
    onOutput: (line) => emit({ type: "output", ...place, file, line }),
  };
}
