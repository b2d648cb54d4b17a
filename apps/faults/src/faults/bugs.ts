import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Fault } from "../fault.js";
import { type EndedRun, reportOf } from "../tool-run.js";

const message = "this cannot happen";

/** A module for `node --require` with which one message of a version cannot be made. */
function failingWrite(nth: number): string {
  return `const { Socket } = require("node:net");
const { write } = Socket.prototype;
let left = ${nth};
Socket.prototype.write = function (data, ...rest) {
  if (/CREATE OR REPLACE FUNCTION [^ ]*mig_versions_const/.test(data) && --left === 0) {
    throw new TypeError("${message}");
  }
  return write.call(this, data, ...rest);
};
`;
}

function whatWasNotTold(ended: EndedRun): string[] {
  const { status, events, stderr } = ended;
  const report = reportOf(ended);
  const bugs = (report?.failed ?? []).filter(({ error }) => error.code === "INTERNAL_ERROR");
  const refusal = events.findLast((event) => event.type === "error");
  const repeated = events.some((event) => event.type === "step:requeued");
  return [
    ...(status === 70 ? [] : [`the run ended with status ${status}`]),
    ...(bugs.length === 1 ? [] : [`the report tells of ${bugs.length} steps that met a bug`]),
    ...(report?.error?.code === "INTERNAL_ERROR" ? [] : ["the report tells of no bug"]),
    ...(refusal?.code === "INTERNAL_ERROR" ? [] : ["no error of the command tells of a bug"]),
    ...(stderr.includes(message) && stderr.includes("/issues") ? [] : [`stderr: ${stderr}`]),
    ...(repeated ? ["a version was tried again"] : []),
  ];
}

export const bugFaults: readonly Fault[] = [
  {
    name: "bug-in-the-tool",
    row: 32,
    async inject(scene, random) {
      const preload = join(scene.migrationDirectory, "failing-write.cjs");
      await writeFile(preload, failingWrite(random.integer(1, 20)));
      const ended = await scene.run({ preload });
      return { outcome: "struck", runs: [ended], problems: whatWasNotTold(ended) };
    },
  },
];
