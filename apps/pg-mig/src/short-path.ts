import { relative } from "node:path";

/** A path as its user would name it: relative if it lies in the working directory. */
export function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") ? path : short;
}
