import type { Contender } from "./contender.js";
import { pgMigFile } from "./pg-mig.js";

/** What a program of Node takes at least. */
export const nodeAlone: Contender = nodeProgram("node -e 0", "Node itself", ["-e", "0"]);

export const showVersion = nodeProgram("--version", "pg-mig --version", [pgMigFile, "--version"]);

export const showHelp = nodeProgram("--help", "pg-mig --help", [pgMigFile, "--help"]);

function nodeProgram(name: string, about: string, args: readonly string[]): Contender {
  return { name, about, program: () => ({ command: process.execPath, args }) };
}
