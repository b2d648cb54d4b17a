import type { ScriptClient } from "./script-client.js";

/**
 * A connection that breaks fails the message that is under way; the event, if nobody listens to it, would end
 * the process. Returns what ends this.
 */
export function surviveErrors(client: ScriptClient): () => void {
  if ((client.listenerCount?.("error") ?? 0) > 0) {
    return ignore;
  }
  client.on("error", ignore);
  return () => client.removeListener("error", ignore);
}

function ignore(): void {}
