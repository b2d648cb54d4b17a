import type { Chain } from "@pg-mig/planner";
import type { RunEvent } from "@pg-mig/report";
import type { OpenShard } from "@pg-mig/sessions";
import type { MigrationFiles } from "./migration-files.js";

/** Warns of files that do nothing, or are not all or nothing, each once. */
export class FileWarnings {
  readonly #files: MigrationFiles;
  readonly #emit: (event: RunEvent) => void;
  readonly #told = new Set<string>();

  constructor(files: MigrationFiles, emit: (event: RunEvent) => void) {
    this.#files = files;
    this.#emit = emit;
  }

  /** To be called before the chains run; loads their files. */
  async tell(chains: readonly Pick<Chain<OpenShard>, "pending">[]): Promise<void> {
    const versions = chains.flatMap(({ pending }) => pending);
    await this.#files.load(versions);
    const found = [...this.#files.emptyFiles(versions), ...this.#files.unusualFiles(versions)];
    for (const { version, message } of found) {
      if (!this.#told.has(message)) {
        this.#emit({ type: "warning", version, message });
      }
      this.#told.add(message);
    }
  }
}
