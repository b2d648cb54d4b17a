export type { StopMode } from "./server-process.js";
export { type StartNodesOptions, startNodes, type TestCluster } from "./start-nodes.js";
export { TestDatabase } from "./test-database.js";
export { type CreateDatabaseOptions, TestNode } from "./test-node.js";
export { TestkitError, type TestkitErrorCode } from "./testkit-error.js";
