import type { RunScriptOptions, ScriptNotice } from "@pg-mig/psql-script";
import type { RunEvent } from "@pg-mig/report";
import type { NodeEnvironment, Session, SessionPool } from "@pg-mig/sessions";

/** What all files of a run share. */
export interface ScriptEnvironment {
  /** The environment that psql commands in the files see, but for what says where their node is. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether backticks, `\!` and `\copy … program` run shell commands; otherwise they are errors. */
  readonly allowShell: boolean;
  readonly emit: (event: RunEvent) => void;
  readonly sessions: SessionPool;
  /** When it aborts: no further message is sent. */
  readonly signal: AbortSignal;
}

/** What a file is run for. */
interface ScriptPlace {
  readonly node: string;
  readonly shard?: string;
  readonly version?: string;
}

/**
 * The options with which a file runs in a session: programs that it starts reach the same server; what
 * it prints, and what the server warns of, become events.
 */
export function scriptOptions(
  { env, allowShell, emit, sessions, signal }: ScriptEnvironment,
  session: Session,
  place: ScriptPlace,
  file: string,
): RunScriptOptions {
  return {
    env: environmentOf(session, { env, sessions }),
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

/** The environment last made from the variables of a node. All sessions of a node share them. */
const environments = new WeakMap<
  NodeEnvironment,
  { readonly of: ScriptEnvironment["env"]; readonly all: ScriptEnvironment["env"] }
>();

function environmentOf(
  session: Session,
  { env, sessions }: Pick<ScriptEnvironment, "env" | "sessions">,
): Readonly<Record<string, string>> {
  const variables = sessions.environmentOf(session);
  let environment = environments.get(variables);
  if (environment?.of !== env) {
    environment = { of: env, all: withVariables(env, variables) };
    environments.set(variables, environment);
  }
  return environment.all;
}

/** An environment with the variables that lead to a node; one that is `undefined` is taken away. */
export function withVariables(
  env: Readonly<Record<string, string>>,
  variables: NodeEnvironment,
): Record<string, string> {
  const result = { ...env };
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) {
      delete result[name];
    } else {
      result[name] = value;
    }
  }
  return result;
}
