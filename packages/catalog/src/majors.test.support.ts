import process from "node:process";

/** The major versions of PostgreSQL to test on: the one of `PG_MIG_TEST_MAJOR`, else all. */
export const majors: readonly number[] =
  process.env.PG_MIG_TEST_MAJOR === undefined
    ? [14, 15, 16, 17, 18]
    : [Number(process.env.PG_MIG_TEST_MAJOR)];
