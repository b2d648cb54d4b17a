import { patient, project } from "../../vitest.project.js";

export default project("pg-mig", {
  ...patient,
  include: ["src/**/*.test.ts", "test/**/*.test.ts"],
});
