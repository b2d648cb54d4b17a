import { createHash } from "node:crypto";
import { compareVersions, type Version } from "./version.js";

/**
 * Computes the digest of the versions on disk:
 * `<digits of the last version>.<sha256 in hex of all names, sorted, joined with a line feed>`.
 * With no versions: `0.<sha256 of nothing>`. Two digests compared as strings say which is ahead.
 * The order of the argument does not matter.
 */
export function codeDigest(versions: readonly Version[]): string {
  const sorted = [...versions].sort((a, b) => compareVersions(a.name, b.name));
  const hash = createHash("sha256").update(sorted.map(({ name }) => name).join("\n"));
  return `${sorted.at(-1)?.timestamp ?? "0"}.${hash.digest("hex")}`;
}

/** The first 16 hex digits of a code digest's hash: what chain.txt shows. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(".") + 1).slice(0, 16);
}
