// A file of its own, loaded if a service is named: a bundle keeps all of a package that is imported at run time.
export { readService } from "@pg-mig/migrate";
