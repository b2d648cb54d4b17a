import { fileURLToPath } from "node:url";
import type { Program } from "../measure.js";
import type { Turn } from "./contender.js";

/** A program of this folder, which gets the file of the job, and further arguments. */
export function ownProgram(name: string, { jobFile }: Turn, ...args: readonly string[]): Program {
  const path = fileURLToPath(new URL(`./${name}.js`, import.meta.url));
  return { command: process.execPath, args: [path, jobFile, ...args] };
}
