import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { faults } from "./catalog.js";
import { bundleReadable, mutate } from "./mutant.js";
import { mutants } from "./mutants.js";

describe("mutate", () => {
  const mutated = (from: string) =>
    mutate("take(); check(); run(); check();", {
      name: "m",
      guard: "",
      replacements: [[from, "$&"]],
      noticedBy: [],
    });

  it("replaces what is there once, letter by letter", () => {
    expect(mutated("take();")).toBe("$& check(); run(); check();");
  });

  it("refuses what is not there, or more than once", () => {
    expect(() => mutated("guard();")).toThrow("0 times");
    expect(() => mutated("check();")).toThrow("2 times");
  });
});

describe("the mutants", () => {
  it("are to be noticed by faults that there are", () => {
    const names = new Set(faults.map(({ name }) => name));
    const unknown = mutants.flatMap(({ noticedBy }) => noticedBy.filter((one) => !names.has(one)));
    expect(unknown).toEqual([]);
    expect(names.size).toBe(faults.length);
  });

  it("fit the command as it is", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pg-mig-mutant-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const target = join(folder, "command.cjs");
    await bundleReadable(createRequire(import.meta.url).resolve("pg-mig/package.json"), target);
    const command = await readFile(target, "utf8");
    for (const mutant of mutants) {
      expect(mutate(command, mutant)).not.toBe(command);
    }
  }, 60_000);
});
