import { project } from "../../vitest.project.js";

export default project("pg-mig", { include: ["src/**/*.test.ts", "test/**/*.test.ts"] });
