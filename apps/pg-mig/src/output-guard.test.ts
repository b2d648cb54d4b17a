import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { guardingOutput } from "./output-guard.js";

/** A stream that keeps what is written until somebody reads. */
const output = () =>
  Object.assign(new PassThrough({ highWaterMark: 1 }), { isTTY: false, columns: 80, rows: 24 });

describe("guardingOutput", () => {
  it("writes nothing that comes after the end of the work, though not all is written by then", async () => {
    const stdout = output();
    const stderr = output();
    let goOn = () => {};
    const work = guardingOutput({ stdout, stderr }, async (outputs) => {
      goOn = () => outputs.stdout.write("a step has begun\n");
      outputs.stdout.write("bug\n");
      return 70;
    });
    await new Promise(setImmediate);
    goOn();
    let said = "";
    stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
    });
    expect(await work).toBe(70);
    await new Promise(setImmediate);
    expect(said).toBe("bug\n");
  });
});
