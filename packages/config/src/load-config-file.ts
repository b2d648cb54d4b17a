import { PgMigError, wordsOf } from "@pg-mig/model";
import type { ConfigLayer } from "./config-layer.js";
import type { Action } from "./config-types.js";
import { importFile } from "./import-module.js";

/**
 * Runs a config file, and the function that it may export.
 *
 * JavaScript is imported natively. TypeScript needs nothing installed: its compiler comes with this
 * package, and is loaded only for a TypeScript file.
 *
 * @throws PgMigError `CONFIG_FAILED`, which names the file, with the file's own error as `cause`.
 */
export async function loadConfigFile(path: string, action: Action): Promise<ConfigLayer> {
  let config: unknown;
  try {
    const { default: exported } = await importFile(path);
    // A function may have nothing to say for an action.
    config = typeof exported === "function" ? ((await exported(action)) ?? {}) : exported;
  } catch (cause) {
    const words = wordsOf(cause);
    throw new PgMigError(`The config file ${path} failed: ${words.replace(/[.\s]+$/, "")}.`, {
      code: "CONFIG_FAILED",
      hint: "Fix the file, or leave it out with --skip-config.",
      where: { file: path },
      cause,
    });
  }
  if (!isRecord(config)) {
    throw new PgMigError(
      `The config file ${path} must export an object or a function that returns one, but gives ${describe(config)}.`,
      {
        code: "CONFIG_FAILED",
        hint: 'Write "export default { … }", or "module.exports = { … }" in CommonJS.',
        where: { file: path },
      },
    );
  }
  if (config.after !== undefined && typeof config.after !== "function") {
    throw new PgMigError(
      `In the config file ${path}, "after" must be a function, but is ${describe(config.after)}.`,
      { code: "CONFIG_FAILED", hint: "Write after: () => { … }.", where: { file: path } },
    );
  }
  if (config.observers !== undefined && !isListOfObservers(config.observers)) {
    throw new PgMigError(
      `In the config file ${path}, "observers" must be a list of objects with a name and a function onEvent.`,
      {
        code: "CONFIG_FAILED",
        hint: 'Write observers: [{ name: "…", onEvent(event) { … } }].',
        where: { file: path },
      },
    );
  }
  return { path, config };
}

function isListOfObservers(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (one: unknown) =>
        isRecord(one) && typeof one.name === "string" && typeof one.onEvent === "function",
    )
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  return Array.isArray(value) ? "an array" : `${String(value)} (${typeof value})`;
}
