import type { TestProject } from "vitest/node";
import { type Published, publish } from "./published.js";

declare module "vitest" {
  interface ProvidedContext {
    readonly published: Published;
  }
}

/** Packs the packages once, for the tests of all files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { remove, ...published } = await publish();
  project.provide("published", published);
  return remove;
}
