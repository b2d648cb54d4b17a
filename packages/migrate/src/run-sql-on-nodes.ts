// A file of its own, loaded if anything is to be run: as load-scripts.ts.
export { runSqlOnNodes } from "@pg-mig/executor";
