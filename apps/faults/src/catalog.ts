import type { Fault } from "./fault.js";
import { bugFaults } from "./faults/bugs.js";
import { commitNetworkFaults } from "./faults/commit-network.js";
import { concurrentIndexFaults } from "./faults/concurrent-indexes.js";
import { failoverFaults } from "./faults/failover.js";
import { fullDiskFaults } from "./faults/full-disk.js";
import { fullOutputFaults } from "./faults/full-output.js";
import { hostileFileFaults } from "./faults/hostile-files.js";
import { hostileOwnerFaults } from "./faults/hostile-owners.js";
import { hostileSettingsFaults } from "./faults/hostile-settings.js";
import { killedToolFaults } from "./faults/killed-tool.js";
import { lockFaults } from "./faults/locks.js";
import { lostNodeFaults } from "./faults/lost-nodes.js";
import { networkFaults } from "./faults/network.js";
import { ownTransactionsFaults } from "./faults/own-transactions.js";
import { poolerFaults } from "./faults/poolers.js";
import { rolloutFaults } from "./faults/rollouts.js";
import { ruinedLedgerFaults } from "./faults/ruined-ledgers.js";
import { runLockFaults } from "./faults/run-lock.js";
import { serverFaults } from "./faults/servers.js";
import { severalWritersFaults } from "./faults/several-writers.js";
import { signalFaults } from "./faults/signals.js";
import { throttleFaults } from "./faults/throttle.js";
import { unreachableNodeFaults } from "./faults/unreachable-nodes.js";

/** All faults. */
export const faults: readonly Fault[] = [
  ...killedToolFaults,
  ...signalFaults,
  ...commitNetworkFaults,
  ...networkFaults,
  ...serverFaults,
  ...lostNodeFaults,
  ...bugFaults,
  ...ownTransactionsFaults,
  ...lockFaults,
  ...severalWritersFaults,
  ...rolloutFaults,
  ...throttleFaults,
  ...runLockFaults,
  ...hostileFileFaults,
  ...ruinedLedgerFaults,
  ...concurrentIndexFaults,
  ...hostileSettingsFaults,
  ...unreachableNodeFaults,
  ...poolerFaults,
  ...failoverFaults,
  ...fullDiskFaults,
  ...fullOutputFaults,
  ...hostileOwnerFaults,
];
