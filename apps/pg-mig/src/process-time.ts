import process from "node:process";

/**
 * Replaces the global `performance` in the bundle. When a program first uses that one, Node 20 loads all its
 * performance hooks; the bundle needs only the clock.
 */
export const performance = {
  /** Milliseconds since any fixed moment; never goes back. */
  now(): number {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
};
