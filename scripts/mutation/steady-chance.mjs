import { configureGlobal } from "fast-check";

// The same score on every run; and a mutant is dead with the first case that it fails, however large.
configureGlobal({ seed: 1, endOnFailure: true });
