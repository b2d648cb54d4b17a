import { type LibpqOption, libpqOptions, libpqValueProblem, PgMigError } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import { findWritten } from "./find-given.js";
import { type GivenValue, invalid } from "./given-value.js";
import { renderSource } from "./setting-source.js";
import { settingDefinitions } from "./setting-table.js";
import { text } from "./setting-types.js";

/** The variables whose values are sent when a connection starts, with the parameters' names. */
const startupParameters: Readonly<Record<string, string>> = {
  PGOPTIONS: "options",
  PGTZ: "TimeZone",
  PGDATESTYLE: "DateStyle",
  PGGEQO: "geqo",
};

/** All environment variables of libpq, which are keys of a config file, too. */
export const libpqVariables: readonly string[] = libpqOptions.flatMap(
  ({ variable }) => variable ?? [],
);

/** Those that are settings of their own, or are looked at elsewhere. */
const readElsewhere: readonly string[] = [
  ...settingDefinitions.flatMap(([, { variable }]) => variable ?? []),
  ...Object.keys(startupParameters),
  "PGSERVICEFILE",
  "PGSYSCONFDIR",
  "PGREQUIRESSL",
];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What libpq's variables, and the keywords of its service, say of a connection besides the settings, by
 * keyword. Pure.
 *
 * @throws PgMigError `SETTING_INVALID` for a value that libpq does not know; `SETTING_UNSUPPORTED` for
 * what libpq would do and we cannot, with a problem for each if they are several: who sets it means
 * another server, or a safer connection
 */
export function findConnectionParameters(
  layers: readonly ConfigLayer[],
  env: Environment,
): Record<string, string> {
  const parameters: Record<string, string> = {};
  const problems: { readonly name: string; readonly message: string; readonly hint: string }[] = [];
  for (const option of libpqOptions) {
    const { keyword, isSecret } = option;
    const given = findOption(option, layers, env);
    if (given === undefined) {
      continue;
    }
    const value = typeof given.value === "boolean" ? String(given.value) : text.read(given);
    const problem = libpqValueProblem(option, value);
    const name = given.source.kind === "default" ? "" : given.source.name;
    if (problem?.type === "invalid") {
      throw invalid(given, problem.advice, isSecret === true ? "secret" : "shown");
    }
    if (problem === undefined || isLeftToNode(option)) {
      if (keyword !== undefined) {
        parameters[keyword] = value;
      }
      continue;
    }
    problems.push({
      name,
      message: `${renderSource(given.source).replace(/^the/, "The")} is set, and pg-mig cannot do what it says.`,
      hint: `${problem.advice} Unset ${name}.`,
    });
  }
  refuse(problems);
  return parameters;
}

/** What a connection tells the server when it starts, by the name of the parameter. Pure. */
export function findStartupParameters(
  layers: readonly ConfigLayer[],
  env: Environment,
): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [variable, parameter] of Object.entries(startupParameters)) {
    const given = findWritten({ variable }, { layers, env });
    // libpq's word for what the server says anyway.
    if (given === undefined || /^default$/i.test(String(given.value))) {
      continue;
    }
    parameters[parameter] =
      typeof given.value === "boolean" ? String(given.value) : text.read(given);
  }
  return parameters;
}

/** It counts for Unix sockets alone. */
function isLeftToNode({ keyword }: LibpqOption): boolean {
  return keyword === "requirepeer";
}

function findOption(
  { keyword, variable }: LibpqOption,
  layers: readonly ConfigLayer[],
  env: Environment,
): GivenValue | undefined {
  if (variable !== undefined) {
    return readElsewhere.includes(variable)
      ? undefined
      : findWritten({ variable }, { layers, env });
  }
  // In a config file such a key is somebody's own.
  const services = layers.filter(({ isService }) => isService === true);
  return keyword === undefined
    ? undefined
    : findWritten({ key: keyword }, { layers: services, env });
}

function refuse(
  problems: readonly { readonly name: string; readonly message: string; readonly hint: string }[],
): void {
  const [first, ...others] = problems;
  if (first === undefined) {
    return;
  }
  if (others.length === 0) {
    throw new PgMigError(first.message, { code: "SETTING_UNSUPPORTED", hint: first.hint });
  }
  const names = problems.map(({ name }) => name).join(", ");
  throw new PgMigError(`${names} are set, and pg-mig cannot do what they say.`, {
    code: "SETTING_UNSUPPORTED",
    hint: "Unset them: psql would follow them, and connect in another way.",
    problems: problems.map(({ message, hint }) => ({ message, hint })),
  });
}
