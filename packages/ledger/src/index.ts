export type { ConstFunctionBody, ConstFunctionName } from "./const-function.js";
export { chooseDigest, loadDBDigest } from "./db-digest.js";
export type {
  JournalBeginning,
  JournalCounts,
  JournalEnding,
  JournalFailure,
  JournalRow,
  JournalState,
} from "./journal.js";
export {
  beginJournalSql,
  endJournalSql,
  journalRefusal,
  journalStateSql,
  parseJournalRows,
  parseJournalState,
  readJournalSql,
} from "./journal.js";
export type { LedgerClient, NodeLedger, NodeLedgerRow } from "./node-ledger.js";
export {
  isNodeLedgerRow,
  NodeLedgerReader,
  nodeLedgerSql,
  parseNodeLedger,
  readNodeLedger,
  readShardLedger,
  storeDigestSql,
  storeFingerprintSql,
} from "./node-ledger.js";
export type { PauseWish } from "./pause-wish.js";
export {
  askForPauseSql,
  parsePauseWish,
  pauseHeardSql,
  pauseHearerSql,
  pauseWishSql,
} from "./pause-wish.js";
export type { RunLockHolder } from "./run-lock.js";
export {
  ownRunLockSql,
  parseRunLockHolder,
  releaseRunLockSql,
  runLockHolderSql,
  runLockSessionSql,
  tryRunLockSql,
} from "./run-lock.js";
export type { RunName } from "./run-name.js";
export { parseRunName, renderRunName } from "./run-name.js";
export type { LedgerEntry, ShardLedger, StoredLedger } from "./shard-ledger.js";
export {
  EntryPool,
  editedVersions,
  ledgerEntry,
  parseShardLedger,
  renderShardLedger,
  storeLedgerSql,
  withEntries,
  withEntry,
} from "./shard-ledger.js";
export type { StatementError, TakeFailure } from "./take-shard.js";
export {
  checkStoredSql,
  hasEventTriggersSql,
  isNotStored,
  prepareTakeSql,
  refusedEventTriggers,
  refuseEventTriggersSql,
  releaseShardSql,
  shardHoldersSql,
  takeFailure,
  takePreparedSql,
  takeShardSql,
} from "./take-shard.js";
