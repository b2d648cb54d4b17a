import { project } from "../../vitest.project.js";

export default project("@pg-mig/catalog", { testTimeout: 120_000, hookTimeout: 120_000 });
