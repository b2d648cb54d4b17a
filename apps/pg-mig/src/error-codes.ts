import { pageOf } from "./error-page.js";

/** What is known of an error by its code alone. */
export interface ErrorCode {
  readonly code: string;
  readonly happened: string;
  /** What state the cluster and the files are in. */
  readonly state: string;
  readonly toDo: string;
}

/** Codes that leave the same state, under a heading. */
export interface ErrorCodeGroup {
  readonly title: string;
  readonly codes: readonly ErrorCode[];
}

const unchanged = "Nothing was changed.";
const unstarted =
  "Nothing was changed if the run had not started. If a node goes away during a run, the " +
  "others go on, and the summary says what was not attempted or is in doubt there.";
const rolledBack =
  "The version was rolled back on that shard, and no later version runs there. Other shards go on.";
const outside =
  "The version ran outside of a transaction: what its statements did before the failure stays. It is not in the ledger.";

/** Every code of an error that the command or a package gives, but those of the testkit. */
export const errorCodes: readonly ErrorCodeGroup[] = [
  group("The command line and the settings", unchanged, [
    [
      "COMMAND_LINE_INVALID",
      "A command, an option or a value was mistyped, or two exclude each other.",
      "Do what the hint says; `pg-mig help COMMAND` lists what there is.",
    ],
    [
      "MIGRATE_OPTION_INVALID",
      "`migrate()` or `startMigration()` was called with an option or action that does not exist, or a value that does not fit.",
      "Correct the call.",
    ],
    [
      "SETTING_INVALID",
      "The value of a setting does not fit. The message says where it was given.",
      "Correct it there.",
    ],
    [
      "SETTING_UNKNOWN",
      "A key of a config file is nearly the name of a setting.",
      "Write the setting, or another name.",
    ],
    [
      "SETTING_UNSUPPORTED",
      "A variable or keyword of libpq asks for what pg-mig does not have.",
      "Unset it, or do what the hint says instead.",
    ],
    [
      "CONFIG_FAILED",
      "A config file throws, or exports no object.",
      "Correct it, or leave it out with `--skip-config`.",
    ],
    [
      "CONFIG_NOT_TRUSTED",
      "A config file in a folder above belongs to somebody else, or others may write it.",
      "Change its owner or its permissions, or use `--skip-config`.",
    ],
    [
      "MIGDIR_MISSING",
      "No migration directory is set.",
      "Name it with `--migdir`, or as `PGMIGDIR` in the environment or in `pg-mig.config.ts`.",
    ],
    [
      "WORKING_DIRECTORY_MISSING",
      "The working directory was deleted, and something counts from it.",
      "Change to another directory.",
    ],
    [
      "HOSTS_INVALID",
      "An entry of a list of hosts cannot be read.",
      "Correct the entry that the message names.",
    ],
    [
      "CHOICE_INVALID",
      "`--only` is no list of conditions.",
      "Write `key=glob`, separated by commas, or `failed`.",
    ],
    [
      "REPORT_UNREADABLE",
      "The report that `--only=failed` reads is not there, or is no report.",
      "Name the report of the last run with `--report=FILE`.",
    ],
    [
      "REPORT_NOT_WRITTEN",
      "The report cannot be written where `--report` says.",
      "Name another place.",
      "Before a run: nothing was changed. After a run: the run is as its summary says, and only the report is missing.",
    ],
    [
      "UNDO_VERSION_MISSING",
      "`undo` was given no version.",
      "Name one of the versions that it lists.",
    ],
  ]),
  group("The migration directory", unchanged, [
    [
      "MIGRATION_DIRECTORY_MISSING",
      "There is no such directory.",
      "Correct the path, or make the directory.",
    ],
    [
      "MIGRATION_DIRECTORY_NOT_A_DIRECTORY",
      "The path leads to something else.",
      "Correct the path.",
    ],
    ["MIGRATION_DIRECTORY_UNREADABLE", "The directory cannot be read.", "Look at its permissions."],
    [
      "MIGRATION_DIRECTORY_EMPTY",
      "There are no versions in it.",
      "Correct the path, or make a first version.",
    ],
    [
      "MIGRATION_DIRECTORY_INVALID",
      "Files have wrong names, or an up or dn file is missing.",
      "Rename, add or remove the files that are listed.",
    ],
    [
      "MIGRATION_FILE_INVALID",
      "The content of files cannot run: a wrong `-- $limit`, or a missing part around `CONCURRENTLY`.",
      "Do what the hint of each file says.",
    ],
    [
      "PROJECT_EXISTS",
      "`init` found a config file, or something in the migration directory.",
      "Go on with that project, or start in another folder.",
    ],
    ["MIGRATION_FILE_EXISTS", "Somebody made the same file at this moment.", "Run it again."],
    [
      "MIGRATION_FILE_NOT_WRITTEN",
      "A file of a new version or a new project, or `chain.txt`, cannot be written.",
      "Check the permissions of its folder, and that there is room on the disk. If `make` has made its two files, `pg-mig chain` adds them to `chain.txt`.",
      "No database was touched. Files that were written before this one stay.",
    ],
    [
      "MAKE_TARGET_INVALID",
      "The new version is not named as title@prefix.",
      "Write, for example, `add-users@sh`.",
    ],
    [
      "MAKE_NOT_LAST",
      "The timestamps on disk have several lengths, so that a new version would not be the last.",
      "Give them one length.",
    ],
    [
      "VERSION_UNKNOWN",
      "There is no such version on disk.",
      "Correct the name; `pg-mig list` prints all.",
    ],
    [
      "SHELL_REFUSED",
      "Files run shell commands, and `--no-shell` forbids it.",
      "Remove the commands, or leave the option out.",
    ],
    [
      "FILES_EDITED",
      "Files were edited after they were applied, and `--strict` was given.",
      "Restore them, and put the change in a new version.",
    ],
    [
      "CHAIN_FILE_INVALID",
      "`chain.txt` cannot be read, or is not UTF-8 text.",
      "Save it as UTF-8 that may be read, or delete it: it is written anew.",
    ],
    [
      "FILES_UNUSUAL",
      "Files control their transactions, or end at a `\\q`, and `--strict` was given.",
      "Take that out of them, or leave the option out for history that a new shard replays.",
    ],
  ]),
  group(
    "The language of psql in a file",
    `Found before the run: nothing was changed. While it runs: ${rolledBack}`,
    [
      [
        "SCRIPT_UNTERMINATED",
        "A quote, comment, parenthesis, body or `\\if` is never closed.",
        "Close it.",
      ],
      [
        "SCRIPT_COMMAND_REFUSED",
        "A command does not exist, or cannot be used in a migration.",
        "See the hint.",
      ],
      [
        "SCRIPT_COMMAND_FAILED",
        "A command could not do its work.",
        "Correct what the message names.",
      ],
      [
        "SCRIPT_INCLUDE",
        "An included file cannot be read, or files include each other.",
        "Correct the name.",
      ],
      [
        "SCRIPT_ENCODING",
        "The file is not UTF-8, or client_encoding was changed.",
        "Save the file as UTF-8.",
      ],
      ["SCRIPT_NUL", "There is a NUL byte in the file.", "Save the file as UTF-8."],
      [
        "SCRIPT_NOT_TEXT",
        "The file is no text.",
        "Look what it is; an archive of pg_dump needs pg_restore.",
      ],
      [
        "SCRIPT_STRINGS",
        "The setting standard_conforming_strings was changed by a statement that does not name it.",
        "Put `SET standard_conforming_strings` into the file.",
      ],
      [
        "SCRIPT_VARIABLE",
        "A variable that a script is run with has an impossible name or value.",
        "Correct it.",
      ],
      ["SCRIPT_ABORTED", "The run was stopped.", "Run it again."],
    ],
  ),
  group("Nodes: who they are, and the way to them", unstarted, [
    [
      "NODES_MISSING",
      "There is no node at all.",
      "Name nodes with `--hosts`, `PGHOST` or `discovery`.",
    ],
    [
      "DISCOVERY_NOT_LOADED",
      "A discovery source cannot be imported.",
      "Install the package, or correct the path.",
    ],
    ["DISCOVERY_INVALID", "What was imported is no discovery source.", "Correct its export."],
    [
      "DISCOVERY_FAILED",
      "A discovery source failed, or returned something that is no node.",
      "Look at the source that the message names.",
    ],
    [
      "CLUSTER_UNREACHABLE",
      "Several nodes cannot be used; each has its own line.",
      "See each line.",
    ],
    [
      "NODE_UNREACHABLE",
      "Nothing answers: a closed port, an unknown host name, or no answer in time.",
      "Start the server, or correct the address.",
    ],
    [
      "NODE_STARTING",
      "The server starts, stops or recovers.",
      "Wait. `--createdb` waits for servers that start.",
    ],
    ["NOT_POSTGRES", "Something else than PostgreSQL answers.", "Correct the port."],
    [
      "NODE_AUTH_FAILED",
      "The login was refused: the password, the user, or pg_hba.conf.",
      "Correct the login.",
    ],
    [
      "LOGIN_NOT_ALLOWED",
      "The server asks for a login that `require_auth` or `channel_binding` forbids.",
      "Correct pg_hba.conf, or the setting.",
    ],
    ["PASSWORD_FAILED", "The function or command that gives passwords failed.", "Correct it."],
    [
      "TLS_UNAVAILABLE",
      "The server does not speak TLS, and the SSL mode wants it.",
      "Turn TLS on at the server, or correct `PGSSLMODE`.",
    ],
    [
      "TLS_FAILED",
      "TLS failed, or the server's certificate is not trusted.",
      "Correct the certificates, or the host name.",
    ],
    [
      "TLS_FILE_UNREADABLE",
      "A certificate or key file cannot be used.",
      "Correct the path or the permissions.",
    ],
    [
      "SERVICE_INVALID",
      "A service of libpq is not defined, or cannot be read.",
      "Correct the service file.",
    ],
    [
      "SERVER_UNSUITABLE",
      "No server is what `target_session_attrs` wants.",
      "Name the node's other servers.",
    ],
    [
      "DATABASE_MISSING",
      "The server has no such database.",
      "Correct the name, or have it made with `--createdb`.",
    ],
    [
      "DATABASE_CREATE_FAILED",
      "The database could not be made.",
      "Make it by hand, or allow the user to.",
    ],
    [
      "TOO_MANY_CONNECTIONS",
      "The server has no free connection.",
      "Close connections, or raise the limit.",
    ],
    [
      "CONNECTION_FAILED",
      "The server refused the connection for another reason.",
      "Look into its log.",
    ],
    [
      "CONNECTION_LOST",
      "A connection broke.",
      "Run it again: it reads the ledger and goes on.",
      "A version whose COMMIT got no answer is in doubt: it may or may not be applied. Everything else on that connection was rolled back.",
    ],
    [
      "NODE_IDENTITY_UNREADABLE",
      "The server's answer to the question who it is makes no sense.",
      "Connect to PostgreSQL itself, not to something in between.",
    ],
    ["NODE_UNREADABLE", "Reading a node failed.", "Look into the server's log."],
    ["NO_PRIMARY", "All nodes are replicas.", "Name the primaries."],
    [
      "PRIMARY_MOVED",
      "The primary of a node is elsewhere now, and it is not known where, or there are two.",
      "Run it again when the failover is over.",
    ],
    ["DIGEST_UNAVAILABLE", "No node answered when the digest was read.", "See that a node is up."],
  ]),
  group("Before a run", unchanged, [
    [
      "NOTHING_CHOSEN",
      "No node or shard fits `--only`.",
      "Correct the conditions; the hint lists the labels.",
    ],
    [
      "VALID_SHARDS_FAILED",
      "The query `validShardSchemasSql` of the config failed, or tried to change something.",
      "Correct it: its first column names schemas, and names outside of pg_catalog need their schema.",
    ],
    [
      "WAVE_UNKNOWN",
      "The rollout has no wave of this name, or there are no waves.",
      "Name one of `rollout.waves` in the config, `rest` for the last one, or `next`.",
    ],
    [
      "THROTTLE_UNREADABLE",
      "Something that the setting `throttle` looks at cannot be seen on a node: the role may not see it, or the query `hold` failed or gave neither true nor false.",
      "Grant the role pg_monitor, repair the query, or take it out of the setting.",
    ],
    [
      "BESIDE_2X",
      "A run of pg-mig 2.x is at work on a node, or began during this one.",
      "Let it end. If it is not at work, say so with `--beside-2x`.",
      "Before a run: nothing was changed. During a run: what ran was rolled back, what is done is in the ledgers. What 2.x does is its own.",
    ],
    [
      "RUN_LOCKED",
      "Another run works on a node; the message says who.",
      "Let it finish, or use `--wait`.",
      "This run changed nothing. What the other run does is its own.",
    ],
    [
      "PAUSE_UNHEARD",
      "`pg-mig pause` has asked a run, and that has not answered in time.",
      "Log in as the role of the run, as a member of it, or as a superuser; or end the run where it goes on.",
      "The run goes on. Nothing is remembered of having asked.",
    ],
    [
      "POOLER_REFUSED",
      "A pooler shares its connections, so that no lock holds.",
      "Connect to PostgreSQL itself, or see `--allow-pooler`.",
    ],
    [
      "CONNECTION_LIMIT_TOO_LOW",
      "The role or the database may not have the connections that any run needs.",
      "Raise the limit with the statement in the hint.",
    ],
    [
      "NODE_NOT_WRITABLE",
      "The user may not store ledgers, the digest or the fingerprint, or its transactions are read-only.",
      "Give the rights with the statements in the hint, or turn off what it names.",
      "No version was run. If it happens at the end of a run: what was applied stays, and the digest is not saved.",
    ],
    [
      "LEDGER_UNREADABLE",
      "`mig_versions_const()` of a shard holds no list of names.",
      'Restore it: `SELECT \'["v1","v2"]\';`.',
    ],
    [
      "TIMELINE_VIOLATION",
      "A shard has other versions than the first ones on disk.",
      "Rebase: give your newer version a later timestamp, then `pg-mig chain`.",
    ],
    [
      "VERSION_MISSING_ON_DISK",
      "A shard has a version that is not on disk.",
      "Update your branch, or undo the version from a branch that has it.",
    ],
    [
      "PLAN_FILE_INVALID",
      "The file of `apply --plan` is no plan, was edited, or has a format that this release does not read.",
      "Hand plans on as they are, and apply each with the release that made it; or make a new one.",
    ],
    [
      "PLAN_MOVED",
      "Something is not as the plan of `apply --plan` has it: a file, a node, or the ledger of a shard. The message names all of it.",
      "See what was changed since, then make a new plan.",
      "Nothing was changed, if the run had not started. If a ledger changes during the run, that shard gets no more versions, and others go on.",
    ],
    [
      "PLAN_NOT_WRITTEN",
      "The file of `plan --out` cannot be written.",
      "Name a file in a folder that exists and may be written.",
    ],
    ["UNDO_NOT_LATEST", "Later versions follow the one to undo.", "Undo those first."],
    [
      "RUN_NOT_UNDOABLE",
      "The report of `undo --run` is not that of an apply, or a node of it cannot be found.",
      "Name the report of an apply, and hosts that lead to its nodes.",
    ],
    [
      "UNDO_FILE_EMPTY",
      "The dn file of the version to undo holds no statement: the ledger would forget objects that stay.",
      "Write what undoes the version, or `SELECT 1;` if there is nothing to undo.",
    ],
    [
      "SHARD_UNKNOWN",
      "The shard that `drift` should compare with, or `rehearse` should try versions on, does not exist or is on several nodes.",
      "Name another one, or choose its node with `--only=host=NAME`.",
    ],
    [
      "ADOPT_UNNAMED",
      "`adopt --as` does not say for which shards.",
      "Name them with `--only=shard=NAME`.",
    ],
    [
      "ADOPT_CONTRADICTED",
      "A shard that `adopt --as` is about has the shape of another version.",
      "Leave it out: without `--as` it gets the version that it fits.",
    ],
    [
      "SCRATCH_MISSING",
      "A command needs a scratch database, and `scratch` names no server for it, or the embedded one is not installed.",
      "`--scratch=embedded` with `@pg-mig/testkit` installed, or the URL of a server on which you may make databases.",
    ],
    [
      "SCRATCH_FAILED",
      "A scratch database could not be made, or a file left its shard there unusable.",
      "Let the user make databases (`ALTER ROLE … CREATEDB`), or look at what the file does to its schema.",
    ],
    [
      "LEDGER_CHANGED",
      "The ledger of a shard to rehearse on, or to adopt, changed meanwhile, or the shard was dropped.",
      "Run the command again.",
    ],
    [
      "SHARDS_DIFFER",
      "With `--verify=fail`: after the run, shards are not alike, or could not be read.",
      "All versions are there, and no digest is saved. Find out with `pg-mig drift` what differs, and repair it; the next run compares all shards again.",
    ],
    [
      "SHAPES_INCOMPARABLE",
      "Two shapes were read in different ways.",
      "Read both with the same options.",
    ],
  ]),
  group("A version on a shard", rolledBack, [
    [
      "SCRIPT_FAILED",
      "The server refused a statement; its words, the file and the line are in the message.",
      "Correct the file or the data, then run again. Shards that somebody has made without pg-mig need `pg-mig adopt` first.",
      "What ran in a transaction was rolled back on that shard, and no later version runs there. Other shards go on. What a file has committed itself, or an index that was built concurrently and is invalid, stays: the message says so.",
    ],
    [
      "SERVER_REFUSED",
      "The server refused a statement of pg-mig's own.",
      "Look at the server's words, and at its log.",
    ],
    [
      "SCRIPT_ENDED_TRANSACTION",
      "The file ends the transaction that its version runs in.",
      "Remove the COMMIT or ROLLBACK, or put BEGIN after it.",
      "The version is not in the ledger. What the file committed before pg-mig noticed stays: look what is there before you run again.",
    ],
    [
      "SCRIPT_LEFT_TRANSACTION",
      "The file leaves a transaction open that it began itself.",
      "Add the COMMIT.",
    ],
    [
      "SCRIPT_ROLLED_BACK",
      "A COMMIT of the file was a ROLLBACK, since a statement before it had failed.",
      "Correct that statement.",
    ],
    [
      "COMMIT_REFUSED",
      "The server answered COMMIT with an error.",
      "Look at deferred constraints and triggers.",
    ],
    [
      "COMMIT_ROLLED_BACK",
      "The server answered COMMIT with ROLLBACK.",
      "Look for BEGIN, COMMIT and ROLLBACK in the file.",
    ],
    [
      "SHARD_TAKEN",
      "Another run kept the shard all the time, or has it while it is to be rehearsed on or adopted.",
      "Let it finish, then run again.",
    ],
    [
      "SHARD_DROPPED",
      "The shard was dropped or renamed during the run.",
      "Nothing, if it was meant: the next run does not see it.",
      "The version was not applied; the schema is gone.",
    ],
    [
      "LEDGER_NOT_STORED",
      "The ledger was not what had just been stored in it.",
      "Look for an event trigger that rewrites functions.",
    ],
    [
      "LEDGER_UNSETTLED",
      "The file, or something that it calls, changes the ledger itself.",
      "Leave `mig_versions_const()` to pg-mig.",
    ],
    [
      "LEDGER_WENT_BACK",
      "Somebody undid a version while the run went on.",
      "Run again when they are done.",
    ],
    [
      "LEDGER_ENTRY_LOST",
      "The version was committed, and its ledger entry was taken away.",
      "Put the entry back before the next run, then look for deferred and event triggers.",
      "The changes are there; the ledger does not say so.",
    ],
  ]),
  group("A version outside of a transaction", outside, [
    [
      "INDEX_NAME_TAKEN",
      "Something needs the index that would be replaced, or its name belongs to something else.",
      "Give the index another name.",
      "Nothing was changed on that shard.",
    ],
    ["INDEX_NOT_VALID", "The index is invalid after it was built.", "Drop it, then run again."],
    [
      "INDEX_WAIT_TIMEOUT",
      "The build waited for other transactions all the time.",
      "End the transactions that the hint names, then run again.",
      "An invalid index may be left; the next run drops it and builds it again.",
    ],
    [
      "LOCK_WAIT_TIMEOUT",
      "A statement waited for a lock, and everybody else waited for it.",
      "Run again; use `DROP INDEX CONCURRENTLY` if you can.",
    ],
  ]),
  group("Afterwards, and bugs", "All versions are applied.", [
    [
      "AFTER_HOOK_FAILED",
      "The function `after` of a config file failed.",
      "Correct it, then run again: that calls it again.",
    ],
    [
      "INTERNAL_ERROR",
      "A bug of pg-mig.",
      "Report it, with what `--debug` adds.",
      "Each version and its ledger entry commit together or not at all: it is safe to run again.",
    ],
  ]),
];

function group(
  title: string,
  state: string,
  rows: readonly (readonly [code: string, happened: string, toDo: string, state?: string])[],
): ErrorCodeGroup {
  const codes = rows.map(([code, happened, toDo, own = state]) => ({
    code,
    happened,
    state: own,
    toDo,
  }));
  return { title, codes };
}

/** What is known of a code, as text. */
export function explainedCode(
  { code, happened, state, toDo }: ErrorCode,
  wrap: (text: string) => string,
): string {
  const about = [happened, `State: ${state}\nWhat to do: ${toDo}`].map(wrap);
  return `${[code, ...about, pageOf(code)].join("\n\n")}\n`;
}

/** The page of all codes, in Markdown. */
export function errorCodesPage(): string {
  const sections = errorCodes.map(
    ({ title, codes }) =>
      `## ${title}\n\n${codes
        .map(
          ({ code, happened, state, toDo }) =>
            `### ${code}\n\n${happened}\n\n- **State:** ${state}\n- **What to do:** ${toDo}\n`,
        )
        .join("\n")}`,
  );
  return `# Error codes

Every error has a code that never changes, and that programs may compare. \`pg-mig help CODE\` prints what
this page says of one. The message and the hint of the error itself say more: which node, file or line.
[When a run fails](when-a-run-fails.md) says what is true after a failure.

<!-- Made from apps/pg-mig/src/error-codes.ts: npm run check says how. -->

${sections.join("\n")}`;
}
