// A file of its own, loaded if a file of SQL is to be read: a bundle keeps all of a package that is imported at run time.
export { holdsStatement, loadMigrationScripts } from "@pg-mig/migrations";
