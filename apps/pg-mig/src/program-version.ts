import { readFileSync } from "node:fs";
import { join } from "node:path";

let version: string | undefined;

/** The version of this package, as it was when this was first asked: another one may be installed meanwhile. */
export function programVersion(): string {
  version ??= readVersion();
  return version;
}

function readVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
