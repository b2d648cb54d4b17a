import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { faults } from "./catalog.js";
import { writeMutant } from "./mutant.js";
import { mutants } from "./mutants.js";

async function mutated(from: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pg-mig-mutant-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [original, target] = [join(folder, "original"), join(folder, "target")];
  await writeFile(original, "take(); check(); run(); check();");
  const mutant = { name: "m", guard: "", replacements: [[from, "$&"]], noticedBy: [] } as const;
  await writeMutant(mutant, original, target);
  return readFile(target, "utf8");
}

describe("writeMutant", () => {
  it("replaces what is there once, letter by letter", async () => {
    expect(await mutated("take();")).toBe("$& check(); run(); check();");
  });

  it("refuses what is not there, or more than once", async () => {
    await expect(mutated("guard();")).rejects.toThrow("0 times");
    await expect(mutated("check();")).rejects.toThrow("2 times");
  });
});

describe("the mutants", () => {
  it("are to be noticed by faults that there are", () => {
    const names = new Set(faults.map(({ name }) => name));
    const unknown = mutants.flatMap(({ noticedBy }) => noticedBy.filter((one) => !names.has(one)));
    expect(unknown).toEqual([]);
    expect(names.size).toBe(faults.length);
  });
});
