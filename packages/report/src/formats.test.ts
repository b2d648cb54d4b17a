import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { ErrorInfo } from "./error-info.js";
import type { RunEvent } from "./run-event.js";
import { RunReducer } from "./run-reducer.js";

const page = await readFile(new URL("../../../docs/formats.md", import.meta.url), "utf8");

type FieldsOf<TType extends RunEvent["type"]> = Required<
  Record<Exclude<keyof Extract<RunEvent, { type: TType }>, "type">, true>
>;

const step = { node: true, shard: true, version: true } as const;
const work = { ...step, file: true } as const;

/** Every type of event with all of its fields: it compiles only as long as none is missing. */
const eventFields: { readonly [TType in RunEvent["type"]]: FieldsOf<TType> } = {
  "run:start": {
    action: true,
    nodes: true,
    addresses: true,
    shards: true,
    chains: true,
    steps: true,
    stepsByNode: true,
    stepsByVersion: true,
  },
  "round:start": {
    round: true,
    chains: true,
    steps: true,
    stepsByNode: true,
    stepsByVersion: true,
  },
  "wave:start": { wave: true, number: true, of: true, shards: true, chains: true, steps: true },
  "wave:done": { wave: true, shards: true },
  "wave:soak": { wave: true, leftMs: true },
  gate: { wave: true, answer: true, why: true },
  "hook:start": { node: true, file: true },
  "hook:done": { node: true, file: true, durationMs: true },
  "hook:failed": { node: true, file: true, durationMs: true, error: true },
  "step:start": step,
  "step:done": { ...step, durationMs: true },
  "step:already-done": step,
  "step:waiting": { ...work, blockedBy: true },
  "step:progress": { ...work, phase: true, count: true },
  "step:requeued": { ...step, reason: true, attempt: true, delayMs: true, blockedBy: true },
  "step:failed": { ...step, durationMs: true, error: true, notAttempted: true, blockedBy: true },
  "step:in-doubt": { ...step, error: true, notAttempted: true },
  "step:outside": { ...step, object: true, locks: true },
  "step:vanished": { ...step, doneBy: true },
  "chain:abandoned": { node: true, shard: true, reason: true, notAttempted: true },
  "budget:spent": { limit: true, failed: true, node: true, message: true },
  "node:away": { node: true, error: true, leftMs: true },
  "node:back": { node: true, awayMs: true },
  "node:lost": { node: true, error: true, awayMs: true },
  "node:paused": { node: true, reasons: true, why: true },
  "node:resumed": { node: true, pausedMs: true },
  note: { message: true },
  warning: { ...step, message: true },
  output: { ...work, line: true },
  "run:done": { report: true },
};

describe("docs/formats.md", () => {
  it.each(Object.entries(eventFields))("lists the fields of %s", (type, fields) => {
    const row = new RegExp(`^\\| \`${type}\` \\| (.*?) \\|`, "m").exec(page)?.[1] ?? "";
    const listed = [...row.matchAll(/`(\w+)\??`/g)].map(([, name]) => name);
    expect(listed.sort()).toEqual(Object.keys(fields).sort());
  });

  it("shows a report as it is written", () => {
    const on = (shard: string, version: string) => ({ node: "db1", shard, version });
    const error: ErrorInfo = {
      code: "SCRIPT_FAILED",
      message: 'relation "users" already exists',
      where: { file: "mig/2.users.sh.up.sql", line: 4, column: 1 },
    };
    const run = new RunReducer(0);
    const events: readonly RunEvent[] = [
      {
        type: "run:start",
        action: "apply",
        nodes: ["db1"],
        addresses: ["db1:5432/app"],
        shards: 3,
        chains: 3,
        steps: 5,
        stepsByNode: [],
        stepsByVersion: [],
      },
      { type: "step:start", ...on("sh1", "1.initial.sh") },
      { type: "step:done", ...on("sh1", "1.initial.sh"), durationMs: 3 },
      { type: "step:done", ...on("sh1", "2.users.sh"), durationMs: 3 },
      {
        type: "step:failed",
        ...on("sh2", "1.initial.sh"),
        durationMs: 2,
        error,
        notAttempted: ["2.users.sh"],
      },
      { type: "warning", ...on("sh1", "2.users.sh"), message: "identifier will be truncated" },
      {
        type: "chain:abandoned",
        node: "db1",
        shard: "sh3",
        reason: "interrupted",
        notAttempted: ["1.initial.sh"],
      },
    ];
    for (const [index, event] of events.entries()) {
      run.add(event, index * 10);
    }
    const latest = [{ version: "2.users.sh", shards: [{ node: "db1", shard: "sh1" }] }];
    const report = run.report("interrupted", 630, {
      startedAt: "2026-01-12T10:20:30.000Z",
      origin: { user: "ada", host: "ci-7", program: "pg-mig 3.1.0" },
      latest,
      edited: [],
    });
    expect(page).toContain(`\`\`\`json\n${JSON.stringify(report, undefined, 2)}\n\`\`\``);
  });
});
