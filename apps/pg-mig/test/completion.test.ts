import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const command = fileURLToPath(new URL("../bin/pg-mig.cjs", import.meta.url));
const bashCompletion = "/usr/share/bash-completion/bash_completion";

const shells = [
  {
    shell: "bash",
    start: "bash --norc --noprofile -i",
    setup: `source ${bashCompletion}; eval "$(pg-mig completion bash)"`,
    needs: ["script", "bash"],
    file: bashCompletion,
  },
  {
    shell: "zsh",
    start: "zsh -f -i",
    setup: 'autoload -U compinit; compinit -u -D; eval "$(pg-mig completion zsh)"',
    needs: ["script", "zsh"],
  },
  {
    shell: "fish",
    start: "fish --no-config -i",
    setup: "pg-mig completion fish | source",
    needs: ["script", "fish"],
  },
] as const;

function isInstalled(program: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
}

/** A folder with versions, labelled nodes, and a pg-mig that prints its arguments unless it completes. */
async function folderToTypeIn(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "pg-mig-completion-"));
  // A shell that ends writes its history there, perhaps just now.
  onTestFinished(() => rm(folder, { recursive: true, maxRetries: 20 }));
  await mkdir(join(folder, "bin"));
  await mkdir(join(folder, "migrations"));
  for (const version of ["1.a.sh", "2.b.sh"]) {
    for (const direction of ["up", "dn"]) {
      await writeFile(join(folder, "migrations", `${version}.${direction}.sql`), "");
    }
  }
  await writeFile(
    join(folder, "pg-mig.config.cjs"),
    `exports.PGMIGDIR = "migrations";
     const nodes = [{ host: "db1", labels: { region: "eu-west" } }, { host: "db2", labels: { region: "us" } }];
     exports.discovery = { name: "inventory", discover: async () => nodes };`,
  );
  const shim = join(folder, "bin/pg-mig");
  await writeFile(
    shim,
    `#!/bin/sh
if [ "$1" = completion ]; then exec "${process.execPath}" "${command}" "$@"; fi
echo "GOT:<$*>"
`,
  );
  await chmod(shim, 0o755);
  return folder;
}

/** Types lines into a shell on a terminal of its own, and gives what pg-mig was called with by each. */
async function typed(
  { start, setup }: { readonly start: string; readonly setup: string },
  lines: readonly string[],
): Promise<string[]> {
  const folder = await folderToTypeIn();
  const child = spawn("script", ["-qec", start, "/dev/null"], {
    cwd: folder,
    env: { PATH: `${folder}/bin:${process.env.PATH}`, HOME: folder, TERM: "dumb" },
  });
  let printed = "";
  let look = () => {};
  const isPrinted = (text: string, from: number) =>
    new Promise<string>((resolve, reject) => {
      look = () => {
        const found = printed.slice(from).replaceAll("\r", "");
        if (found.includes(text)) {
          resolve(found);
        } else if (child.exitCode !== null) {
          reject(new Error(`"${text}" was never printed: ${printed}`));
        }
      };
      look();
    });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    look();
  });
  child.on("close", () => look());
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, "close");
    }
  });
  // The echo of the line holds no "rea""dy" in one piece.
  child.stdin.write(`${setup}\necho rea""dy\n`);
  await isPrinted("ready", 0);
  const calls: string[] = [];
  for (const line of lines) {
    const from = printed.length;
    child.stdin.write(`${line}\n`);
    const found = await isPrinted(">\n", from);
    calls.push(/GOT:<(.*)>/.exec(found)?.[1] ?? found);
  }
  child.stdin.end("exit\n");
  return calls;
}

describe.each(shells)("completion in $shell", (shell) => {
  const missing = shell.needs.filter((program) => !isInstalled(program));
  if ("file" in shell && spawnSync("test", ["-f", shell.file]).status !== 0) {
    missing.push("bash-completion" as never);
  }

  it.skipIf(missing.length > 0)(
    `knows commands, options, values, versions and labels (skipped if there is no ${shell.needs.join(", ")})`,
    async () => {
      const lines = [
        ["pg-mig stat\t", "status"],
        ["pg-mig plan --sq\t", "plan --sql"],
        ["pg-mig --color=al\t", "--color=always"],
        ["pg-mig --color al\t", "--color always"],
        ["pg-mig undo 2\t", "undo 2.b.sh"],
        ["pg-mig --undo=1\t", "--undo=1.a.sh"],
        ["pg-mig --only=reg\te\t", "--only=region=eu-west"],
        ["pg-mig status --only region=u\t", "status --only region=us"],
        ["pg-mig --report=pg-mig.c\t", "--report=pg-mig.config.cjs"],
        ["pg-mig --migdir=mig\t", expect.stringMatching(/^--migdir=migrations\/?$/)],
      ] as const;
      expect(
        await typed(
          shell,
          lines.map(([line]) => line),
        ),
      ).toEqual(lines.map(([, call]) => call));
    },
  );
});

describe("the script of a shell", () => {
  it.each(["bash", "zsh", "fish"])("is what pg-mig completion %s prints", (shell) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, "completion", shell], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`pg-mig completion ${shell} complete -- `);
  });

  it.each([
    [["completion"], "completion takes one of bash, zsh, fish"],
    [["completion", "bsh"], "Did you mean bash?"],
  ])("is refused for another shell: %j", (args, says) => {
    const { status, stderr } = spawnSync(process.execPath, [command, ...args], {
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toContain(says);
  });

  it("is answered with what is known, and never with an error", () => {
    const answer = (...words: string[]) =>
      spawnSync(process.execPath, [command, "completion", "zsh", "complete", "--", ...words], {
        encoding: "utf8",
        cwd: tmpdir(),
        env: { PATH: process.env.PATH, PGMIGDIR: "nowhere" },
      });
    expect(answer("undo", "")).toMatchObject({ status: 0, stdout: ":36\n", stderr: "" });
    expect(answer("--nonsense=")).toMatchObject({ status: 0, stdout: ":36\n", stderr: "" });
  });
});
