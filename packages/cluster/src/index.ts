export type { SslMode } from "@pg-mig/model";
export { afterAwake } from "./awake-timer.js";
export type { BackendKey, CancelBackendOptions } from "./cancel-backend.js";
export { backendKeyOf, cancelBackend } from "./cancel-backend.js";
export type { Alternative, Choice } from "./choice.js";
export {
  isShardChosen,
  isWhollyChosen,
  mayHoldChosen,
  meantConditions,
  parseChoice,
} from "./choice.js";
export type { CommandOptions } from "./command-source.js";
export { command } from "./command-source.js";
export type { ConnectionLimit } from "./connect-failure.js";
export { connectionLimitOf } from "./connect-failure.js";
export type { ConnectNodeOptions } from "./connect-node.js";
export { connectNode } from "./connect-node.js";
export type { Parameters } from "./conninfo.js";
export { createDatabaseIfMissing, databaseExists } from "./create-database.js";
export { discoverNodes } from "./discover-nodes.js";
export type { DiscoveryContext, DiscoverySource } from "./discovery-source.js";
export type { DistinctNodes, IdentifiedNode } from "./distinct-nodes.js";
export { distinctNodes } from "./distinct-nodes.js";
export { file } from "./file-source.js";
export { hosts } from "./hosts-source.js";
export type { Node } from "./node.js";
export { resolveNodes, withDatabase } from "./node.js";
export type { NodeAddress, NodeEndpoint } from "./node-address.js";
export { nodeEnvironment } from "./node-environment.js";
export type { NodeIdentity } from "./node-identity.js";
export { nodeIdentitySql, parseNodeIdentity } from "./node-identity.js";
export { parseNodeList } from "./node-list.js";
export type { AlternativeHost, NodeDefaults, NodeSpec } from "./node-spec.js";
export { parseHosts } from "./parse-hosts.js";
export type { LoginPlace, Password } from "./password.js";
export { passwordFromCommand } from "./password.js";
export type { PoolerMode } from "./pooler-mode.js";
export { findPoolerMode, isPooled } from "./pooler-mode.js";
export { readService } from "./service-file.js";
export type { StreamingClient } from "./stream-rows.js";
export { streamRows } from "./stream-rows.js";
export type { WaitForNodeOptions } from "./wait-for-node.js";
export { waitForNode } from "./wait-for-node.js";
