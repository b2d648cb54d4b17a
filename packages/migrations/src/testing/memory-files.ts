import type { DirectoryReader, FileReader } from "../file-system.js";

/** A directory in memory: file names to contents; a name that ends in `/` is a folder. */
export function memoryFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
): DirectoryReader & FileReader {
  return {
    async readDirectory() {
      return Object.keys(files).map((name) =>
        name.endsWith("/")
          ? { name: name.slice(0, -1), kind: "directory" as const }
          : { name, kind: "file" as const },
      );
    },
    async readFile(path) {
      const content = files[path.replace(/^.*[/\\]/, "")];
      if (content === undefined) {
        throw Object.assign(new Error("gone"), { code: "ENOENT" });
      }
      return typeof content === "string" ? new TextEncoder().encode(content) : content;
    },
  };
}

/** The names of an up and a dn file for each version, with nothing in them. */
export function emptyPairs(...versions: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    versions.flatMap((version) => [
      [`${version}.up.sql`, ""],
      [`${version}.dn.sql`, ""],
    ]),
  );
}
