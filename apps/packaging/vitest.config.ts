import { project } from "../../vitest.project.js";

// Packing and installing take their time.
export default project("@pg-mig/packaging", {
  globalSetup: "src/published.setup.ts",
  testTimeout: 300_000,
  hookTimeout: 300_000,
});
