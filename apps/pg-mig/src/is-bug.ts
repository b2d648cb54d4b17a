// A file of its own, loaded if something failed: as read-service.ts.
export { isBug } from "@pg-mig/migrate";
