import { spawnSync } from "node:child_process";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const command = fileURLToPath(new URL("../bin/pg-mig.cjs", import.meta.url));

/** Tells on the way out what a process took. */
const startProbe = `process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  const builtins = process.moduleLoadList.map((name) => name.replace("NativeModule ", ""));
  process.stderr.write("\\n" + JSON.stringify({ cpu: user + system, files, builtins }));
});`;

interface Probed {
  readonly cpu: number;
  /** The names of what it loaded, without their ending and in the order that they were asked for. */
  readonly files: readonly string[];
  readonly builtins: readonly string[];
}

function probe(folder: string, args: readonly string[]): Probed {
  const all = ["--require", `${folder}/probe.cjs`, ...args];
  const { status, stderr } = spawnSync(process.execPath, all, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const { files, ...rest }: Probed = JSON.parse(stderr.slice(stderr.lastIndexOf("\n")));
  return { ...rest, files: files.map((file) => basename(file, ".cjs")) };
}

async function nothingToDo(): Promise<Scenario & { readonly args: readonly string[] }> {
  const made = await scenario({ shards: ["sh1"] });
  await made.migrations({ "1.a.sh": "CREATE TABLE t();" });
  expect((await made.pgMig()).status).toBe(0);
  await made.write("probe.cjs", startProbe);
  const { folder, database } = made;
  const args = [command, "--skip-config", `--migdir=${folder}/mig`, `--hosts=${database.url}`];
  return { ...made, args };
}

describe("a run with nothing to do", () => {
  it("takes little more of the processor than Node itself", async () => {
    const { folder, args } = await nothingToDo();
    // Turn and turn about, and the least of each: what else the machine does hits both.
    let [node, idle] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    // About two, where nothing else runs; six, where the command is not bundled.
    const limit = 5;
    for (let i = 0; i < 3 || (i < 12 && idle / node >= limit); i++) {
      node = Math.min(node, probe(folder, ["-e", "0"]).cpu);
      idle = Math.min(idle, probe(folder, args).cpu);
    }
    expect(idle / node).toBeLessThan(limit);
  });

  it("loads what it needs, and no part of Node that it can do without", async () => {
    const { folder, args } = await nothingToDo();
    const { files, builtins } = probe(folder, args);
    expect(files).toEqual([
      ...[
        "pg-mig",
        "main",
        "start",
        "command-line",
        "rolldown-runtime",
        "actions",
        "failure",
        "driver",
      ],
    ]);
    const unused = /undici|webcrypto|^(tls|child_process|dns|dns\/promises|module|perf_hooks)$/;
    expect(builtins.filter((name) => unused.test(name))).toEqual([]);
  });
});

describe("what is asked of the program itself", () => {
  it.each([
    ["--version", ["pg-mig", "main", "start"]],
    ["-V", ["pg-mig", "main", "start"]],
    ["--help", ["pg-mig", "main", "start", "command-line", "rolldown-runtime"]],
  ])("%s loads next to nothing", async (option, expected) => {
    const { folder, write } = await scenario({ shards: [] });
    await write("probe.cjs", startProbe);
    const { files, builtins } = probe(folder, [command, option]);
    expect(files).toEqual(expected);
    const unused = ["child_process", "crypto", "tls", "dns", "fs/promises"];
    expect(builtins.filter((name) => unused.includes(name))).toEqual([]);
  });
});
