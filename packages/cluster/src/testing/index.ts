export type { DescribeDiscoveryOptions } from "./describe-discovery.js";
export { describeDiscovery } from "./describe-discovery.js";
export type { ConformanceCase, ConformanceSubject } from "./discovery-conformance.js";
export { discoveryConformance } from "./discovery-conformance.js";
