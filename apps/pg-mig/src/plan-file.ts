import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type PlanFile, parsePlanFile, renderPlanFile } from "@pg-mig/migrate";
import { PgMigError, wordsOf } from "@pg-mig/model";
import type { ActionContext } from "./action-context.js";
import { settingsWith } from "./settings-with.js";
import { refusePlace, writeWholeFile } from "./whole-file.js";

/** Finds out beforehand whether a plan could be written. @throws PgMigError `PLAN_NOT_WRITTEN` */
export async function refusePlanPlace(
  path: string,
  { cwd }: Pick<ActionContext, "cwd">,
): Promise<void> {
  await refusePlace(resolve(cwd, path)).catch((cause: unknown) => {
    throw notWritten(path, cause);
  });
}

/** Writes a plan to its file, whole or not at all. @throws PgMigError `PLAN_NOT_WRITTEN` */
export async function writePlan(
  path: string,
  plan: PlanFile,
  { cwd }: Pick<ActionContext, "cwd">,
): Promise<void> {
  await writeWholeFile(resolve(cwd, path), renderPlanFile(plan)).catch((cause: unknown) => {
    throw notWritten(path, cause);
  });
}

/** Reads a plan from its file. @throws PgMigError `PLAN_FILE_INVALID` */
export async function readPlan(
  path: string,
  { cwd }: Pick<ActionContext, "cwd">,
): Promise<PlanFile> {
  const text = await readFile(resolve(cwd, path), "utf8").catch((cause: unknown) => {
    throw new PgMigError(`The plan ${path} cannot be read: ${wordsOf(cause)}.`, {
      code: "PLAN_FILE_INVALID",
      hint: "Name in --plan the file that pg-mig plan --out=FILE has written.",
      where: { file: path },
      cause,
    });
  });
  return parsePlanFile(text, path);
}

/** A context with the nodes of a plan for hosts, unless something else says which hosts there are. */
export function atNodesOf({ nodes }: PlanFile, context: ActionContext): ActionContext {
  const { settings } = context;
  if (settings.hostsGiven || settings.discovery !== undefined) {
    return context;
  }
  const hosts = nodes.map(({ address }) => address);
  return { ...context, settings: settingsWith(settings, { hosts }) };
}

function notWritten(path: string, cause: unknown): PgMigError {
  return new PgMigError(`The plan cannot be written to ${path}: ${wordsOf(cause)}.`, {
    code: "PLAN_NOT_WRITTEN",
    hint: "Name in --out a file in a folder that exists and may be written.",
    where: { file: path },
    cause,
  });
}
