import { heavy } from "./heavy.js";
import { small } from "./small.js";
import { stubCold, stubWarm } from "./stub.js";
import type { Work } from "./work.js";

/** All works, in the order in which they are measured. */
export const works: readonly Work[] = [stubWarm, stubCold, heavy, small];
