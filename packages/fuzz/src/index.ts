export { brokenText } from "./broken-text.js";
export type { FuzzOptions, FuzzOutcome } from "./fuzz.js";
export { fuzz } from "./fuzz.js";
export { withCode } from "./with-code.js";
