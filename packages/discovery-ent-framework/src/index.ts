export type {
  EntFrameworkCluster,
  EntFrameworkIsland,
  EntFrameworkNode,
  EntFrameworkNodeConfig,
  EntFrameworkOptions,
} from "./ent-framework-source.js";
export { entFramework } from "./ent-framework-source.js";
