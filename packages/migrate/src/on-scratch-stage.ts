import { brokenOff } from "./broken-off.js";
import { createScratchDatabase } from "./scratch-database.js";
import { ScratchStage } from "./scratch-stage.js";
import type { ScratchOptions } from "./scratch-use.js";

/**
 * Does some work on a scratch database, which is made for it and dropped after it, whatever happens.
 * `what` names the work in an error.
 *
 * @throws PgMigError what `createScratchDatabase` throws; `SCRATCH_FAILED` if the work breaks off; what it
 * throws by itself
 */
export async function onScratchStage<Result>(
  what: string,
  options: ScratchOptions,
  work: (stage: ScratchStage) => Promise<Result>,
): Promise<Result> {
  const scratch = await createScratchDatabase(options);
  try {
    const stage = await ScratchStage.open(scratch, options);
    try {
      return await work(stage);
    } finally {
      await stage.close();
    }
  } catch (error) {
    // Whatever the end of a connection looks like: it was asked for.
    options.signal.throwIfAborted();
    throw brokenOff(error, what, { code: "SCRATCH_FAILED", node: scratch.node.label });
  } finally {
    await scratch.drop();
  }
}
