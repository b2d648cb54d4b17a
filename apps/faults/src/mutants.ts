// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of the tool's own source
import type { Mutant } from "./mutant.js";

const tryLock = "refuseUnlessSql(`pg_catalog.${lock}(${ofShard})`, shardTaken)";
const waitForLock = "`SELECT pg_catalog.${lock.replace('_try_', '_')}(${ofShard})`";
const checkLedger = "refuseUnlessSql(isStored, ledgerChanged)";
const checkAsText = "lockKey(ledger.shard), isStoredSql(termsOf(ledger)));";
const checkByCall =
  "lockKey(ledger.shard), ledger.storedHash === undefined ? 'true' : `${ledger.shard}.mig_versions_const() = '${JSON.stringify(ledger.entries.map(({ version }) => version))}'`);";
const prepareIfSafe = 'if (prepared === void 0 || !(hasGuard || leftovers === "none")) return;';

/** The guards of the tool, each switched off. */
export const mutants: readonly Mutant[] = [
  {
    name: "no-shard-lock",
    guard: "a version runs only while its transaction has the shard's lock",
    replacements: [[tryLock, '"SELECT 1"']],
    noticedBy: ["outside-writer", "next-run-while-index-is-built"],
  },
  {
    name: "lock-waited-for",
    guard: "none: the lock is waited for, and the ledger is read as always",
    replacements: [[tryLock, waitForLock]],
    noticedBy: ["outside-writer"],
    expected: "alive",
  },
  {
    name: "ledger-called",
    guard: "the ledger is checked by what is stored, not by calling the function",
    replacements: [
      [tryLock, waitForLock],
      [checkAsText, checkByCall],
      [prepareIfSafe, "if (true) return;"],
    ],
    noticedBy: ["outside-writer"],
    times: 30,
  },
  {
    name: "no-ledger-check",
    guard: "a version runs only on the ledger that it was planned from",
    replacements: [[checkLedger, '"SELECT 1"']],
    noticedBy: ["outside-writer"],
  },
  {
    name: "commit-in-the-message",
    guard: "COMMIT is a message of its own, sent when all before it is done",
    replacements: [
      ["epilogue: recordSql\n", 'epilogue: [...recordSql, "COMMIT"]\n'],
      ["expectOpenTransaction: true\n", "expectOpenTransaction: false\n"],
    ],
    noticedBy: ["kill-tool-behind-reader"],
  },
  {
    name: "pieces-run-again",
    guard: "a file that has committed a part of its work is not run again by the same run",
    replacements: [['return transaction !== "own-transactions";', "return true;"]],
    noticedBy: ["own-transactions-request-cut"],
    times: 30,
  },
  {
    name: "lost-commit-is-a-failure",
    guard: "a COMMIT without an answer is looked up in the ledger",
    replacements: [
      [
        'failure.type === "lost" ? {\n\t\t\t\ttype: "in-doubt",',
        'failure.type === "lost" ? {\n\t\t\t\ttype: "failed",',
      ],
    ],
    noticedBy: ["commit-reply-cut"],
  },
  {
    name: "lost-commit-is-none",
    guard: "what was in doubt and is there was done by this run",
    replacements: [['return committing && failure.type === "lost" ? {', "return false ? {"]],
    noticedBy: ["commit-reply-cut"],
  },
  {
    name: "no-run-lock",
    guard: "one run at a time works on a cluster",
    replacements: [
      [
        "tryRunLockSql = `SELECT pg_catalog.pg_try_advisory_lock(${key}) AS taken`",
        'tryRunLockSql = "SELECT true AS taken"',
      ],
      ["ownRunLockSql = `SELECT 1", 'ownRunLockSql = "SELECT 1"; void `SELECT 1'],
    ],
    noticedBy: ["two-runs", "five-runs"],
  },
  {
    name: "plan-not-made-again",
    guard: "the plan is made again once the run lock is held",
    replacements: [
      [
        "const plan = await this.#prepared.planAgain(await cluster.readLedgers());",
        "const plan = { nodes: this.#nodes, chains: this.#chains, ...this.#plan }; await cluster.readLedgers();",
      ],
    ],
    noticedBy: ["runs-that-wait"],
  },
  {
    name: "invalid-index-recorded",
    guard: "an index counts as built only if it is valid",
    replacements: [
      [
        "return `SELECT 1 WHERE (SELECT i.indisvalid",
        "return `SELECT 1 WHERE false AND (SELECT i.indisvalid",
      ],
    ],
    noticedBy: ["index-broken-in-between"],
  },
  {
    name: "nothing-tried-again",
    guard: "what waited too long for a lock, or met a deadlock, is tried again",
    replacements: [
      ["function retryReason(error) {\n", "function retryReason(error) {\n  return;\n"],
    ],
    noticedBy: ["lock-storm", "long-reader", "deadlocks"],
  },
  {
    name: "no-timeline-check",
    guard: "an old primary is not used any more after a promotion",
    replacements: [["if (timeline < seen) {", "if (false) {"]],
    noticedBy: ["old-primary-comes-back"],
  },
  {
    name: "no-identity-check",
    guard: "a connection that leads to another database is not used",
    replacements: [
      ["if (!(found.systemIdentifier === identity.systemIdentifier &&", "if (false && !(true &&"],
    ],
    noticedBy: ["address-leads-elsewhere"],
  },
  {
    name: "no-watch",
    guard: "a connection that a network has swallowed is noticed",
    replacements: [["silenceMs: 15e3,", "silenceMs: 15e8,"]],
    noticedBy: ["connection-swallowed"],
    times: 1,
  },
  {
    name: "away-not-told",
    guard: "a node that is away is said to be, at once",
    replacements: [["if (leftMs > 0 && info.code !== absence.code) {", "if (false) {"]],
    noticedBy: ["node-stays-down"],
    times: 1,
  },
  {
    name: "lost-node-ends-all",
    guard: "a node that is given up ends the chains of no other node",
    replacements: [['this.abandon("node-lost", state.node.name);', 'this.abandon("node-lost");']],
    noticedBy: ["node-stays-down"],
  },
  {
    name: "taken-entry-repeated",
    guard: "what a run has committed is not run again, if no server can have lost it",
    replacements: [
      ["return before === void 0 || now === void 0 || before === now;", "return false;"],
    ],
    noticedBy: ["entry-taken-at-commit"],
    times: 2,
  },
  {
    name: "hang-up-not-heard",
    guard: "SIGHUP stops a run in order",
    replacements: [['["SIGHUP", listen(', '["SIGUSR2", listen(']],
    noticedBy: ["sighup"],
  },
  ...(["stdout", "stderr"] as const).map((stream) => ({
    name: `full-${stream}-thrown`,
    guard: `what cannot be written to ${stream} does not stop a run`,
    replacements: [
      ['stream.on("error", note);', 'stream.on("error", (error) => { throw error; });'] as const,
    ],
    noticedBy: [`${stream}-full`],
    times: 2,
  })),
  {
    name: "names-by-the-path",
    guard: "no name in the tool's own SQL is found in a schema of others",
    replacements: [
      ['= "pg_catalog, pg_temp";', '= "public, pg_catalog";'],
      ['equals = "OPERATOR(pg_catalog.=)"', 'equals = "="'],
    ],
    noticedBy: ["hostile-operators"],
    times: 1,
  },
  {
    name: "guard-asks-for-a-setting",
    guard: "no setting makes the guard pass",
    replacements: [
      [
        "function refuseUnlessSql(isSo, refusalText) {\n",
        `function refuseUnlessSql(isSo, refusalText) {
  const setting = refusalText === shardTaken ? "shard_is_taken_by_another_run" : "ledger_has_changed";
  return \`SELECT CASE WHEN (\${isSo}) IS NOT TRUE THEN pg_catalog.current_setting('pg_mig.\${setting}') END\`;\n`,
      ],
    ],
    noticedBy: ["outside-writer-and-settings"],
  },
  {
    name: "entry-not-read-back",
    guard: "what is stored is read back if there are event triggers",
    replacements: [["[...record.sql, ...attempt.recorder.checkSql(record.ledger)]", "record.sql"]],
    noticedBy: ["entry-rewritten-as-it-is-stored"],
    times: 1,
  },
  {
    name: "throttle-lets-go",
    guard: "no version starts on a node that the throttle holds",
    replacements: [
      ["chains.hold(node, isPaused);", ""],
      ["chains.hold(node, true);", ""],
    ],
    noticedBy: ["held-node"],
    times: 2,
  },
  {
    name: "throttle-looks-too-late",
    guard: "no version starts before the throttle has judged its node",
    replacements: [["chains.hold(node, true);", ""]],
    noticedBy: ["held-node"],
  },
  {
    name: "throttle-takes-loss-for-rest",
    guard: "a connection of the throttle's that broke says nothing of its server",
    replacements: [["if (!isFirst && isConnectionLoss(error)) return", "if (false) return"]],
    noticedBy: ["held-node"],
    times: 10,
  },
  {
    name: "bug-is-an-error-like-others",
    guard: "a bug of the tool ends the run, and is told as one",
    replacements: [["function isBug(error) {\n", "function isBug(error) {\n  return false;\n"]],
    noticedBy: ["bug-in-the-tool"],
    times: 1,
  },
];
