import { project } from "../../vitest.project.js";

export default project("@pg-mig/executor", { expect: { poll: { timeout: 20_000 } } });
