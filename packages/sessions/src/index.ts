export type { AcquireSessionOptions } from "./acquire-session.js";
export { acquireSession } from "./acquire-session.js";
export { errorInfo } from "./error-info.js";
export { firstColumn } from "./first-column.js";
export { lastAnswer } from "./last-answer.js";
export type { Leftovers } from "./leftovers.js";
export { leftoversOf } from "./leftovers.js";
export type { OpenCluster } from "./live-cluster.js";
export { holderText } from "./lock-refusal.js";
export type { LockConnection } from "./node-lock.js";
export { NodeLock } from "./node-lock.js";
export { nodesAtATime, onEachNode } from "./on-each-node.js";
export { openCluster, schemasOf } from "./open-cluster.js";
export type { OpenNode } from "./open-node.js";
export type { OpenShard } from "./open-shard.js";
export { openShard, placeOf } from "./open-shard.js";
export type { Part } from "./part.js";
export { maxConnectionLosses, patience } from "./patience.js";
export { pause } from "./pause.js";
export type { AskPatientlyOptions } from "./read-patiently.js";
export { askPatiently } from "./read-patiently.js";
export { lockTimeoutMs, retryPauseMs } from "./retry-pause.js";
export type { Only } from "./selected-shards.js";
export {
  isBug,
  isConnectionLoss,
  isInterruption,
  isOutOfMemory,
  retryReason,
  serverWords,
} from "./server-error.js";
export { Session } from "./session.js";
export { parseBlockers, whoIsSql } from "./session-activity.js";
export type {
  AskedConnection,
  NodeEnvironment,
  SessionClient,
  SessionNode,
} from "./session-client.js";
export type { SessionWork } from "./session-pool.js";
export { SessionPool } from "./session-pool.js";
export { keepSessionSql } from "./session-settings.js";
export type { SessionWatchOptions } from "./session-watch.js";
export { SessionWatch } from "./session-watch.js";
export { enterSharedSql, leaveNothingSql } from "./shared-backend.js";
export type { ValidShards } from "./valid-shards.js";
export { within } from "./within.js";
