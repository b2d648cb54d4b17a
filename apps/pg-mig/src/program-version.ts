import { readFileSync } from "node:fs";

let version: string | undefined;

/** The version of this package, as it was when this was first asked: another one may be installed meanwhile. */
export function programVersion(): string {
  version ??= readVersion();
  return version;
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
