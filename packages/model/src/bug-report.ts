/** The page on which bugs of the tool are reported: `bugs` of every package. */
export const bugAddress = "https://github.com/pg-mig/pg-mig/issues";

/** What to do about an error that is no {@link PgMigError}. */
export const bugHint = `This is a bug of pg-mig. Report it at ${bugAddress}, with the stack trace that the setting \`debug\` adds. Each version and its ledger entry commit together or not at all, so it is safe to run again.`;
