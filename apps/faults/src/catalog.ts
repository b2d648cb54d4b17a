import type { Fault } from "./fault.js";
import { commitNetworkFaults } from "./faults/commit-network.js";
import { killedToolFaults } from "./faults/killed-tool.js";
import { networkFaults } from "./faults/network.js";
import { serverFaults } from "./faults/servers.js";
import { signalFaults } from "./faults/signals.js";

/** All faults. */
export const faults: readonly Fault[] = [
  ...killedToolFaults,
  ...signalFaults,
  ...commitNetworkFaults,
  ...networkFaults,
  ...serverFaults,
];
