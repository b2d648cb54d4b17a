import { script } from "@bomb.sh/tab";
import { resolveSettings, type Settings } from "@pg-mig/config";
import { discoverNodes, listVersions } from "@pg-mig/migrate";
import { account } from "../account.js";
import { uninterrupted } from "../interruption.js";
import { clusterOptions } from "../run-options.js";
import { type CompletionNames, type CompletionTable, completionsOf } from "./completions.js";
import { bashEpilogue, type Shell, shellAnswer } from "./shell-protocol.js";

/** Where the words were typed. */
export interface CompletionPlace {
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
}

/** A discovery source has this long to answer somebody who waits at a prompt. */
const longestMs = 2000;

/** Prints the script that makes a shell ask for completions. */
export function printScript(shell: Shell, writeOut: (text: string) => void): void {
  // It prints by itself.
  script(shell, "pg-mig", `pg-mig completion ${shell}`);
  if (shell === "bash") {
    writeOut(bashEpilogue);
  }
}

/** What the script of a shell is answered. It is never told of an error: somebody is typing. */
export async function completionAnswer(
  shell: Shell,
  words: readonly string[],
  table: CompletionTable,
  place: CompletionPlace,
): Promise<string> {
  const found = await completionsOf(words, table, namesAt(words, place));
  return shellAnswer(shell, words.at(-1) ?? "", found);
}

function namesAt(words: readonly string[], place: CompletionPlace): CompletionNames {
  return {
    versions: () =>
      orElse([], async () => {
        const { migdir } = await settingsAt(words, place);
        return (await listVersions(migdir)).map(({ name }) => name);
      }),
    conditions: async () => ({
      shard: [],
      ...(await orElse({ host: [], island: [] }, async () => {
        // A directory is none of the cluster's, but has to be set.
        const settings = await settingsAt(["--migdir=.", ...words], place);
        const { sources, defaults } = await clusterOptions({
          settings,
          cwd: place.cwd(),
          interruption: uninterrupted,
        });
        const signal = AbortSignal.timeout(longestMs);
        return conditionsOf(await discoverNodes(sources, { signal, defaults, log: () => {} }));
      })),
    }),
  };
}

/** The hosts, islands and labels of nodes, each value once. */
function conditionsOf(nodes: Awaited<ReturnType<typeof discoverNodes>>): Record<string, string[]> {
  const found: Record<string, Set<string>> = { host: new Set(), island: new Set() };
  for (const { label, island, labels } of nodes) {
    const all = { ...labels, host: label, ...(island === undefined ? {} : { island }) };
    for (const [key, value] of Object.entries(all)) {
      found[key] = (found[key] ?? new Set()).add(value);
    }
  }
  return Object.fromEntries(Object.entries(found).map(([key, values]) => [key, [...values]]));
}

/** The settings. Those that say where to look may already be on the command line. */
function settingsAt(words: readonly string[], { env, cwd }: CompletionPlace): Promise<Settings> {
  const given = (option: string) =>
    words
      .slice(0, -1)
      .flatMap((word, i) =>
        word.startsWith(`${option}=`)
          ? word.slice(option.length + 1)
          : word === option
            ? (words[i + 1] ?? [])
            : [],
      );
  const [hosts, discovery] = [given("--hosts"), given("--discovery")];
  return resolveSettings({
    flags: {
      migdir: given("--migdir").at(-1),
      hosts: hosts.length === 0 ? undefined : hosts,
      discovery: discovery.length === 0 ? undefined : discovery,
      skipConfig: words.includes("--skip-config") ? true : undefined,
    },
    env,
    cwd: cwd(),
    action: "list",
    connects: false,
    os: account(env),
  });
}

async function orElse<T>(fallback: T, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch {
    return fallback;
  }
}
