import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const demo = join(import.meta.dirname, "..");

/** The demo's directory for temporary files, its alone, so that anything left in it is its doing. */
let temporary: string;

beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "demo-"));
  await chmod(temporary, 0o755);
});
afterEach(() => rm(temporary, { recursive: true, force: true }));

it("plays all acts, each as it should go, and leaves nothing behind", async () => {
  const { exitCode, output } = await play(demo);
  expect(output).toMatch(inThisOrder("A new cluster", "219 of 219 steps applied", "A new release"));
  expect(output).toMatch(
    inThisOrder(
      "migrations/20260209160000.purchase-customer-fk.sh.up.sql:4:1",
      "4 of 216 steps applied, 1 failed, 211 not attempted",
      "The wave canary is not done, so no later one starts.",
      "The fix",
      "Wave 2 of 2, rest: 210 steps",
      "212 of 212 steps applied",
      "Once more",
      "Nothing to do.",
      "The map",
      "20260216084500.open-purchases.sh",
      "What a shard has",
      "index purchase_customer_id_idx missing on",
      "75 shards compared: no differences.",
      "That was all.",
    ),
  );
  expect(exitCode).toBe(0);
  expect(processesNaming(temporary)).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});

it.each([
  { name: "Ctrl-C", signals: ["SIGINT"], statuses: [130] },
  // Sent right after each other, the two may arrive the other way round.
  { name: "Ctrl-C and npm's answer to it", signals: ["SIGINT", "SIGTERM"], statuses: [130, 143] },
  { name: "SIGTERM", signals: ["SIGTERM"], statuses: [143] },
] as const)(
  "stops its servers on $name, and leaves nothing behind",
  async ({ signals, statuses }) => {
    // When the command is at work.
    const { exitCode, output } = await play(demo, { signals, when: /^done /m });
    expect(output).not.toContain("That was all.");
    expect(output).toContain("The servers are stopped");
    expect(statuses).toContain(exitCode);
    expect(processesNaming(temporary)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  },
);

it("leaves nothing behind when it is killed", async () => {
  await play(demo, { signals: ["SIGKILL"], when: /A new cluster/ });
  await expect.poll(() => processesNaming(temporary), { timeout: 20_000 }).toEqual([]);
  await expect.poll(() => readdir(temporary), { timeout: 20_000 }).toEqual([]);
});

it("fails when an act does not go as the story says", async () => {
  const other = await mkdtemp(join(tmpdir(), "demo-other-"));
  try {
    await Promise.all([
      ...["dist", "migrations", "package.json"].map((name) =>
        cp(join(demo, name), join(other, name), { recursive: true }),
      ),
      symlink(join(demo, "node_modules"), join(other, "node_modules")),
    ]);
    const foreignKey = "20260209160000.purchase-customer-fk.sh.up.sql";
    await writeFile(join(other, "migrations", foreignKey), "SELECT 'no foreign key';\n");
    const { exitCode, output } = await play(other);
    expect(output).toContain("Expected the exit status to be 1, but found 0.");
    expect(exitCode).toBe(1);
    expect(await readdir(temporary)).toEqual([]);
  } finally {
    await rm(other, { recursive: true, force: true });
  }
});

it("fails when the servers cannot be started", async () => {
  const { exitCode, output } = await play(demo, undefined, { PG_MIG_TEST_MAJOR: "9" });
  expect(output).toContain("POSTGRES_NOT_INSTALLED");
  expect(exitCode).toBe(1);
});

interface Interruption {
  /** Sent to the whole group, as a terminal does it. */
  readonly signals: readonly NodeJS.Signals[];
  readonly when: RegExp;
}

/** Plays the demo that lies in a directory, not in a terminal, and interrupts it if asked to. */
async function play(
  directory: string,
  interruption?: Interruption,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [join(directory, "dist/main.js")], {
    env: { ...process.env, TMPDIR: temporary, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  let interrupted = false;
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    if (interrupted || !interruption?.when.test(output) || child.pid === undefined) {
      return;
    }
    interrupted = true;
    for (const signal of interruption.signals) {
      process.kill(-child.pid, signal);
    }
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  await once(child, "close");
  return { exitCode: child.exitCode, output };
}

function inThisOrder(...words: readonly string[]): RegExp {
  const literally = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(literally.join("[^]*"));
}

function processesNaming(word: string): string[] {
  const lines = execFileSync("ps", ["-axww", "-o", "pid=,command="], { encoding: "utf8" });
  return lines.split("\n").filter((line) => line.includes(word));
}
