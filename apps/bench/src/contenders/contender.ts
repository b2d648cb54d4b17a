import type { Job } from "../job.js";
import type { Program } from "../measure.js";

/** What a contender finds when its turn comes. */
export interface Turn {
  readonly job: Job;
  /** The job as a file, for programs of the bench. */
  readonly jobFile: string;
  /** The versions of the job as a migration directory. */
  readonly migrations: string;
  /** An empty directory for what it needs. */
  readonly folder: string;
}

/** Somebody who does the work of a job. */
export interface Contender {
  readonly name: string;
  /** What it is, in a line. */
  readonly about: string;
  /**
   * It does this part of the shards only, and its figures are multiplied: for those that take too long.
   * @default 1
   */
  readonly share?: number;
  /** Says why it cannot take part on this machine. @default it can */
  missing?(): Promise<string | undefined>;
  /** Prepares its turn, which is not measured; gives the program that is. */
  program(turn: Turn): Program | Promise<Program>;
}
