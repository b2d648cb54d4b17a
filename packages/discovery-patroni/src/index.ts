export type { PatroniOptions } from "./patroni-source.js";
export { patroni } from "./patroni-source.js";
