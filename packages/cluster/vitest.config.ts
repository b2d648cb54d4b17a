import { project } from "../../vitest.project.js";

// Real servers start here, on machines that do other things, too.
export default project("@pg-mig/cluster", { hookTimeout: 120_000 });
