import type { CommandHandler } from "./command-call.js";
import { branch } from "./conditions.js";
import { copy } from "./copy.js";
import { changeDirectory, include } from "./files.js";
import { print, printQuery, redirectResults } from "./print.js";
import {
  crossTabulate,
  describeQuery,
  executeResults,
  quit,
  resetQuery,
  sendQuery,
  setFromQuery,
} from "./queries.js";
import { restrict, unrestrict } from "./restrict.js";
import { setEncoding, setPrintOption, setTiming } from "./settings.js";
import { shellCommand } from "./shell-command.js";
import { getEnvironment, setEnvironment, setVariable, unsetVariable } from "./variables.js";

const handlers: Readonly<Record<string, CommandHandler>> = {
  set: setVariable,
  unset: unsetVariable,
  getenv: getEnvironment,
  setenv: setEnvironment,
  echo: print,
  qecho: print,
  warn: print,
  p: printQuery,
  print: printQuery,
  o: redirectResults,
  out: redirectResults,
  if: branch,
  elif: branch,
  else: branch,
  endif: branch,
  g: sendQuery,
  gx: sendQuery,
  crosstabview: crossTabulate,
  gset: setFromQuery,
  gexec: executeResults,
  gdesc: describeQuery,
  r: resetQuery,
  reset: resetQuery,
  q: quit,
  quit,
  i: include,
  include,
  ir: include,
  include_relative: include,
  cd: changeDirectory,
  copy,
  "!": shellCommand,
  restrict,
  unrestrict,
  encoding: setEncoding,
  pset: setPrintOption,
  timing: setTiming,
};

/** What carries a command out, or undefined for one that is only read. */
export function commandHandler(name: string): CommandHandler | undefined {
  return handlers[name] ?? (name.toLowerCase() === "copy" ? copy : undefined);
}
