import { expect, it } from "vitest";

it("loads, and exports exactly this", async () => {
  // Imported here, so that what keeps a file from loading fails a test.
  const exported = await import("./index.js");
  expect(Object.keys(exported).sort()).toEqual([
    "configKey",
    "configSchema",
    "defineConfig",
    "findConfigFiles",
    "flagName",
    "importModule",
    "loadConfigFile",
    "mergeSettings",
    "optionName",
    "renderSource",
    "resolveSettings",
    "settingDefinitions",
    "settingTable",
    "withServiceLayer",
  ]);
});
