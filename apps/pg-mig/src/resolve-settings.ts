// A file of its own, loaded if a command runs: as read-service.ts.
export { resolveSettings } from "@pg-mig/config";
