import { project } from "../../vitest.project.js";

// The first run on a machine makes a data directory for each major version.
export default project("@pg-mig/testkit", { expect: { poll: { timeout: 20_000 } } });
