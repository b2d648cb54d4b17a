import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });
const command = fileURLToPath(new URL("../bin/pg-mig.cjs", import.meta.url));

describe("a run with nothing to do", () => {
  it("takes little longer than Node itself", async () => {
    const { migrations, pgMig, folder, database } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    expect((await pgMig()).status).toBe(0);
    const args = [command, "--skip-config", `--migdir=${folder}/mig`, `--hosts=${database.url}`];
    // Turn and turn about, and the shortest of each: what else the machine does hits both.
    let [node, idle] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < 20; i++) {
      node = Math.min(node, timed(["-e", "0"]));
      idle = Math.min(idle, timed(args));
    }
    // Two, where nothing else runs; six, where the command is not bundled.
    expect(idle / node).toBeLessThan(4.5);
  });

  it("loads neither a TypeScript compiler nor Node's own fetch", async () => {
    const bundle = await readFile(command, "utf8");
    // pg asks by making a Response, for which Node 20 loads all of fetch.
    expect(bundle).not.toContain("new Response");
    expect(bundle).toMatch(/import\("jiti"\)/);
  });
});

function timed(args: readonly string[]): number {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  expect(status).toBe(0);
  return performance.now() - startedAt;
}
