import process from "node:process";
import { brokenOff } from "./broken-off.js";
import { createScratchDatabase, type ScratchOptions } from "./scratch-database.js";
import { ScratchStage, type ScratchStageOptions } from "./scratch-stage.js";
import type { ScratchUse } from "./scratch-use.js";

export interface OnScratchStageOptions extends ScratchUse, ScratchStageOptions {
  readonly onNote: ScratchOptions["onNote"];
}

/**
 * Does some work on a scratch database, which is made for it and dropped after it, whatever happens.
 * `what` names the work in an error.
 *
 * @throws PgMigError what `createScratchDatabase` throws; `SCRATCH_FAILED` if the work breaks off; what it
 * throws by itself
 */
export async function onScratchStage<Result>(
  what: string,
  options: OnScratchStageOptions,
  work: (stage: ScratchStage) => Promise<Result>,
): Promise<Result> {
  const { folder = process.cwd(), signal } = options;
  const scratch = await createScratchDatabase(options.scratch, { ...options, folder });
  try {
    const stage = await ScratchStage.open(scratch, options);
    try {
      return await work(stage);
    } finally {
      await stage.close();
    }
  } catch (error) {
    // Whatever the end of a connection looks like: it was asked for.
    signal.throwIfAborted();
    throw brokenOff(error, what, { code: "SCRATCH_FAILED", node: scratch.node.label });
  } finally {
    await scratch.drop();
  }
}
