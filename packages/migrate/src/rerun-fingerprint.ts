import { createHash } from "node:crypto";

/**
 * Computes the rerun fingerprint of a node: while it is stored, before.sql and after.sql need not
 * run again. It changes with either file and with the node's list of schemas.
 *
 * @param schemas in code-unit order
 * @param hooks the texts of before.sql and after.sql, as far as they exist, in this order
 */
export function rerunFingerprint(schemas: readonly string[], hooks: readonly string[]): string {
  const hash = createHash("sha256").update(hooks.join("\n")).digest("hex");
  return [...schemas, `hash=${hash}`].join(",");
}
