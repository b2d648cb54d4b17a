export { writeChainFile } from "./chain-file.js";
export { checksumOf } from "./checksum.js";
export { codeDigest, shortDigest } from "./code-digest.js";
export type {
  DirectoryEntry,
  DirectoryReader,
  FileReader,
  FileWriter,
  MigrationFileSystem,
} from "./file-system.js";
export { holdsStatement } from "./holds-statement.js";
export type { InitProjectOptions } from "./init-project.js";
export { initProject } from "./init-project.js";
export type { LoadMigrationScriptsOptions, MigrationScripts } from "./load-migration-scripts.js";
export { loadMigrationScripts } from "./load-migration-scripts.js";
export type { MadeMigration, MakeMigrationOptions } from "./make-migration.js";
export { makeMigration } from "./make-migration.js";
export type { MigrationDirectory, ReadMigrationDirectoryOptions } from "./migration-directory.js";
export { migrationFilePath, readMigrationDirectory } from "./migration-directory.js";
export type { CheckedScript, MigrationScript } from "./migration-script.js";
export { checkScript } from "./migration-script.js";
export type { NewVersion, PlanNewVersionOptions, UnknownPrefix } from "./new-version.js";
export { planNewVersion } from "./new-version.js";
export { nodeFileSystem } from "./node-file-system.js";
export type { FileProblem } from "./problems-error.js";
export type { FileChecksums } from "./read-checksums.js";
export { readChecksums } from "./read-checksums.js";
export { renderChainFile } from "./render-chain-file.js";
export type { Direction, MigrationFileName, Version } from "./version.js";
export {
  compareVersions,
  migrationFileName,
  parseMigrationFileName,
  parseVersion,
} from "./version.js";
