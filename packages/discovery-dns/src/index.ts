export type { DnsOptions } from "./dns-source.js";
export { dns } from "./dns-source.js";
