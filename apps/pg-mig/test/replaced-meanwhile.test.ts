import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Runs a command that is taken away while its first version waits. */
async function runWithoutCommand(second: string) {
  const made = await scenario({ shards: ["sh1"] });
  const { folder, database } = made;
  await made.migrations({ "1.a.sh": "SELECT pg_advisory_xact_lock(1);", "2.b.sh": second });
  await made.write(
    "pg-mig.config.js",
    "module.exports = { journal: true, throttle: { hold: 'SELECT false' } };",
  );
  const copy = join(folder, "copy");
  await mkdir(copy);
  await cp(fromHere("../bin"), join(copy, "bin"), { recursive: true });
  await cp(fromHere("../package.json"), join(copy, "package.json"));
  const holder = await database.connect();
  await holder.query("SELECT pg_advisory_lock(1)");
  const reports = ["r.html", "r.json"].map((name) => `--report=${join(folder, name)}`);
  const options = [`--hosts=${database.url}`, "--migdir=mig", "--verify=warn", ...reports];
  const child = spawn(process.execPath, [join(copy, "bin/pg-mig.cjs"), ...options], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  await expect
    .poll(() => database.query("SELECT FROM pg_locks WHERE NOT granted"), { timeout: 30_000 })
    .toHaveLength(1);
  await rm(copy, { recursive: true });
  await holder.end();
  const [stdout, stderr, [status]] = await output;
  return { status, said: stdout + stderr, page: await readFile(join(folder, "r.html"), "utf8") };
}

describe("a run whose program is replaced meanwhile, as npm does", () => {
  it("goes on to its end, with its report", async () => {
    const { status, said, page } = await runWithoutCommand("SELECT 1;");
    expect(said).toContain("2 of 2 steps applied");
    expect(status).toBe(0);
    expect(page).toContain("<html");
  });

  it("does not end as if all were well if its files are gone from the start", async () => {
    const { folder } = await scenario({ shards: [] });
    await cp(fromHere("../bin"), join(folder, "bin"), { recursive: true });
    const options = { encoding: "utf8" } as const;
    const ended = spawnSync(process.execPath, [join(folder, "bin/pg-mig.cjs"), "list"], options);
    expect(ended.stderr).toContain("package.json");
    expect(ended.status).toBe(70);
  });

  it("tells what fails", async () => {
    const { status, said, page } = await runWithoutCommand("SELECT nonsense;");
    expect(said).toContain('column "nonsense" does not exist');
    expect(status).toBe(1);
    expect(page).toContain("nonsense");
  });
});
