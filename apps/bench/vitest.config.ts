import { project } from "../../vitest.project.js";

// Each test starts servers and lets programs work on them; one lets every contender do every work, which
// is some half a minute of processor time.
export default project("@pg-mig/bench", { testTimeout: 600_000 });
