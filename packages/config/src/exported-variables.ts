import type { ConfigLayer } from "./config-layer.js";

/**
 * What config files (the outermost first) add to the environment of migration files: every string,
 * number and boolean, as text; the nearest file wins key by key. An `undefined` sets nothing. Pure.
 */
export function exportedVariables(layers: readonly ConfigLayer[]): Record<string, string> {
  const entries = layers
    .flatMap(({ config }) => Object.entries(config))
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(entries);
}
