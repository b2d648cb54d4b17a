import { type ConformanceSubject, discoveryConformance } from "./discovery-conformance.js";

export interface DescribeDiscoveryOptions {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * Declares the cases of {@link discoveryConformance} with the functions of a test runner: Vitest's,
 * `node:test`'s, or any others that are called alike.
 *
 * @example
 * import { describe, it } from "node:test";
 * describeDiscovery({ create: () => mySource() }, { describe, it });
 */
export function describeDiscovery(
  subject: ConformanceSubject,
  { describe, it }: DescribeDiscoveryOptions,
): void {
  describe("discovery source contract", () => {
    for (const { name, run } of discoveryConformance(subject)) {
      it(name, run);
    }
  });
}
