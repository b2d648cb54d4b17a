import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { DiscoverySource } from "./discovery-source.js";
import { parseNodeList } from "./node-list.js";

/**
 * The source for a cluster whose nodes are in a file: a JSON array of `NodeSpec`s, or lines as in
 * `--hosts`. The file is read whenever the source is asked.
 *
 * @param path relative to the working directory; a `file:` URL, such as
 * `new URL("nodes.json", import.meta.url)`, is relative to what the caller says
 */
export function file(path: string | URL): DiscoverySource {
  const shown = typeof path === "string" ? path : fileURLToPath(path);
  return {
    name: `file ${shown}`,
    discover: async ({ signal }) =>
      parseNodeList(await readFile(path, { encoding: "utf8", signal })),
  };
}
