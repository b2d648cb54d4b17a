import { defineConfig, type ViteUserConfig } from "vitest/config";

/** The configuration of one project: what holds for all of them, and what is its own. */
export function project(
  name: string,
  own: NonNullable<ViteUserConfig["test"]> = {},
): ViteUserConfig {
  return defineConfig({
    test: {
      name,
      include: ["src/**/*.test.ts"],
      // Files share processes, since each start takes half a second. So a file must put back what it changes.
      isolate: false,
      // What is built is not to be translated once more, for each project.
      server: { deps: { external: [/\/(packages|apps)\/[^/]+\/dist\//] } },
      // Machines are shared and busy: a test that waits for ever is ended, one that is slow is not.
      testTimeout: 120_000,
      hookTimeout: 120_000,
      ...own,
    },
  });
}
