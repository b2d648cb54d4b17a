import { execFileSync } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

async function prepare() {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({
    "1.a.sh": "CREATE TABLE t();",
    "2.b.sh": "DO $$ BEGIN RAISE 'no <b>such</b> thing' USING DETAIL = 'its detail'; END $$;",
  });
  return { ...prepared, read: (name: string) => readFile(join(prepared.folder, name), "utf8") };
}

describe("--report", () => {
  it("writes as many files as it is given, each by the end of its name, for their owner alone", async () => {
    const { pgMig, read, folder } = await prepare();
    const names = ["r.json", "r.html", "r.md", "r.xml"];
    const { status } = await pgMig(names.map((name) => `--report=${name}`));
    expect(status).toBe(1);
    expect(JSON.parse(await read("r.json"))).toMatchObject({
      outcome: "failed",
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      origin: {
        user: expect.any(String),
        host: hostname(),
        program: expect.stringMatching(/^pg-mig \d/),
      },
      durationsByVersion: [{ version: "1.a.sh", count: 2 }],
      durationsByNode: [{ count: 2 }],
      slowest: [{ version: "1.a.sh" }, { version: "1.a.sh" }],
    });
    expect(await read("r.html")).toMatch(/^<!doctype html>.*Failed: 2 of 4 steps.*<\/html>\n$/s);
    expect(await read("r.html")).toContain("no &lt;b&gt;such&lt;/b&gt; thing");
    expect(await read("r.md")).toMatch(/^# Failed: 2 of 4 steps applied, 2 failed\n/);
    expect(await read("r.xml")).toContain('failures="2"');
    for (const name of names) {
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    }
    expect((await readdir(folder)).filter((name) => name.startsWith("r.")).sort()).toEqual(
      names.toSorted(),
    );
  });

  it("tells the commit of the migration directory, if it is in a repository", async () => {
    const { pgMig, read, folder } = await prepare();
    const git = (...args: string[]) =>
      execFileSync(
        "git",
        ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com", ...args],
        { encoding: "utf8" },
      ).trim();
    git("init", "--quiet");
    git("commit", "--quiet", "--allow-empty", "--message=first");
    await pgMig(["--report=r.json"]);
    expect(JSON.parse(await read("r.json")).origin.commit).toBe(git("rev-parse", "HEAD"));
  });

  it("refuses another end of the name before anything is changed", async () => {
    const { pgMig, column } = await prepare();
    const { status, stderr } = await pgMig(["--report=r.json", "--report=r.pdf"]);
    expect(status).toBe(1);
    expect(stderr).toContain(".json, .html, .md or .xml");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    expect((await pgMig(["drift", "--report=r.html"])).stderr).toContain("JSON only");
  });
});
