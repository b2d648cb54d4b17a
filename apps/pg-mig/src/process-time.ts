import process from "node:process";

/**
 * What is used of `performance`: it stands for the global of this name in the bundle, for the first use of which
 * Node 20 loads all that it has for measuring performance.
 */
export const performance = {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
};
