import type { Chain } from "@pg-mig/planner";
import type { RunEvent } from "@pg-mig/report";
import type { OpenShard } from "@pg-mig/sessions";
import type { MigrationFiles } from "./migration-files.js";

/**
 * Makes a function that loads the files of chains which are about to run. It warns of those that do nothing, or are
 * not all or nothing, each once.
 */
export function createFileWarner(
  files: MigrationFiles,
  emit: (event: RunEvent) => void,
): (chains: readonly Pick<Chain<OpenShard>, "pending">[]) => Promise<void> {
  const told = new Set<string>();
  return async (chains) => {
    const versions = chains.flatMap(({ pending }) => pending);
    await files.load(versions);
    for (const { version, message } of [
      ...files.emptyFiles(versions),
      ...files.unusualFiles(versions),
    ]) {
      if (!told.has(message)) {
        emit({ type: "warning", version, message });
      }
      told.add(message);
    }
  };
}
