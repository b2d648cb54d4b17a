import type { RunEvent } from "@pg-mig/report";
import { countOf, formatDuration } from "@pg-mig/report";
import { type Line, line } from "./styled-line.js";

interface HookProgress {
  readonly done: number;
  readonly failed: number;
  readonly slowest: { readonly node: string; readonly durationMs: number };
}

const noProgress: HookProgress = { done: 0, failed: 0, slowest: { node: "", durationMs: -1 } };

/**
 * Makes the plain lines about before.sql and after.sql: one when a file starts, one when it has
 * ended on all nodes, however many these are.
 */
export function createHookAnnouncer(): (event: RunEvent) => readonly Line[] {
  let nodes = 0;
  const started = new Map<string, HookProgress>();

  return (event) => {
    switch (event.type) {
      case "run:start":
        nodes = event.nodes.length;
        return [];
      case "hook:start":
        if (started.has(event.file)) {
          return [];
        }
        started.set(event.file, noProgress);
        return [line(`${event.file} starts on ${countOf(nodes, "node")}`)];
      case "hook:done":
      case "hook:failed": {
        const progress = afterHook(started.get(event.file) ?? noProgress, event);
        started.set(event.file, progress);
        if (progress.done + progress.failed < nodes) {
          return [];
        }
        // A later round may run the file again.
        started.delete(event.file);
        return [line(`${event.file} ${describe(progress)}`)];
      }
      default:
        return [];
    }
  };
}

function afterHook(
  before: HookProgress,
  event: Extract<RunEvent, { type: "hook:done" | "hook:failed" }>,
): HookProgress {
  const { node, durationMs } = event;
  return {
    done: before.done + (event.type === "hook:done" ? 1 : 0),
    failed: before.failed + (event.type === "hook:failed" ? 1 : 0),
    slowest: durationMs > before.slowest.durationMs ? { node, durationMs } : before.slowest,
  };
}

function describe({ done, failed, slowest }: HookProgress): string {
  const where = `done on ${countOf(done, "node")}`;
  const time = `slowest ${slowest.node}, ${formatDuration(slowest.durationMs)}`;
  return failed === 0
    ? `${where} (${time})`
    : `failed on ${countOf(failed, "node")}, ${where} (${time})`;
}
