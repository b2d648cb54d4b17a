export type { BuildPlanInput } from "./build-plan.js";
export { buildPlan } from "./build-plan.js";
export type { Chain, Plan, ShardLedger, Violation } from "./plan.js";
export { compareShards } from "./plan.js";
export type { BuildUndoPlanInput, LatestVersion, UndoPlan } from "./undo-plan.js";
export { buildUndoPlan, latestVersions } from "./undo-plan.js";
export type { DiskVersion } from "./version-prefix.js";
export { longestPrefix, prefixMatches, versionsForShard } from "./version-prefix.js";
