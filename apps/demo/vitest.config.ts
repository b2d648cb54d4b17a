import { project } from "../../vitest.project.js";

// Each test plays the demo, which starts servers and runs the command several times.
export default project("@pg-mig/demo", { testTimeout: 120_000 });
