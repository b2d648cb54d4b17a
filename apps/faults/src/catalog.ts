import type { Fault } from "./fault.js";
import { commitNetworkFaults } from "./faults/commit-network.js";
import { concurrentIndexFaults } from "./faults/concurrent-indexes.js";
import { hostileFileFaults } from "./faults/hostile-files.js";
import { hostileSettingsFaults } from "./faults/hostile-settings.js";
import { killedToolFaults } from "./faults/killed-tool.js";
import { lockFaults } from "./faults/locks.js";
import { networkFaults } from "./faults/network.js";
import { ruinedLedgerFaults } from "./faults/ruined-ledgers.js";
import { serverFaults } from "./faults/servers.js";
import { severalWritersFaults } from "./faults/several-writers.js";
import { signalFaults } from "./faults/signals.js";
import { unreachableNodeFaults } from "./faults/unreachable-nodes.js";

/** All faults. */
export const faults: readonly Fault[] = [
  ...killedToolFaults,
  ...signalFaults,
  ...commitNetworkFaults,
  ...networkFaults,
  ...serverFaults,
  ...lockFaults,
  ...severalWritersFaults,
  ...hostileFileFaults,
  ...ruinedLedgerFaults,
  ...concurrentIndexFaults,
  ...hostileSettingsFaults,
  ...unreachableNodeFaults,
];
