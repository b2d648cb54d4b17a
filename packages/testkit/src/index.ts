export type { NetworkFault, PlannedFault } from "./network-fault.js";
export {
  pgBouncerMissing,
  type StartPgBouncerOptions,
  startPgBouncer,
  TestPgBouncer,
} from "./pg-bouncer.js";
export type { StopMode } from "./server-process.js";
export {
  type ReplicaOptions,
  type StartNodesOptions,
  startNodes,
  type TestCluster,
} from "./start-nodes.js";
export { type DatabaseAddress, TestDatabase } from "./test-database.js";
export { type CreateDatabaseOptions, TestNode } from "./test-node.js";
export { type NetworkQuality, startProxy, TestProxy } from "./test-proxy.js";
export { TestReplica } from "./test-replica.js";
export { TestkitError, type TestkitErrorCode } from "./testkit-error.js";
export { type TlsCertificate, type TlsFile, tlsFile } from "./tls-files.js";
