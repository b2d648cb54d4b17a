import { busy, project } from "../../vitest.project.js";

export default project("@pg-mig/migrations", busy);
