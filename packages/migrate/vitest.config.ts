import { project } from "../../vitest.project.js";

export default project("@pg-mig/migrate", { expect: { poll: { timeout: 20_000 } } });
