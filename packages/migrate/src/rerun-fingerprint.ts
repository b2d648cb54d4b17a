import { createHash } from "node:crypto";
import type { OpenNode } from "@pg-mig/sessions";
import type { MigrationFiles } from "./migration-files.js";

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

/** The fingerprint that a node gets when a run finished on it as it is now. */
export function currentFingerprint(
  { ledger }: OpenNode,
  { hooks }: Pick<MigrationFiles, "hooks">,
): string {
  return rerunFingerprint(
    ledger.shards.map(({ shard }) => shard),
    hooks.map(({ script }) => script.text),
  );
}

/** Whether before.sql and after.sql ran on a node, and neither they nor its schemas changed since. */
export function isFingerprintCurrent(
  open: OpenNode,
  files: Pick<MigrationFiles, "hooks">,
): boolean {
  return open.ledger.fingerprint === currentFingerprint(open, files);
}
