import { execFileSync, spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 2 });
const command = fileURLToPath(new URL("../bin/pg-mig.cjs", import.meta.url));

describe("the end of the command", () => {
  it("comes when its work is done, whatever a config file left open", async () => {
    const { write, pgMig } = await scenario();
    await write(
      "pg-mig.config.cjs",
      "setInterval(() => {}, 1000); require('node:net').createServer().listen(0); module.exports = {};",
    );
    expect((await pgMig(["--list=digest"])).status).toBe(0);
  });

  it("cuts nothing of what a slow reader has not read yet", async () => {
    const { migrations, folder } = await scenario();
    const names = Array.from(
      // More than a pipe holds.
      { length: 700 },
      (_, i) => `${20240101000000 + i}.${"x".repeat(220)}.sh`,
    );
    await migrations(Object.fromEntries(names.map((name) => [name, ""])));
    const child = spawn(
      "sh",
      ["-c", `"$0" "$1" --skip-config --list | (sleep 1; cat)`, process.execPath, command],
      {
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          PGMIGDIR: join(folder, "mig"),
          PGHOST: "127.0.0.1:1",
        },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    await new Promise((resolve) => child.on("close", resolve));
    expect(text.trimEnd().split("\n")).toEqual(names);
  }, 60_000);

  it.skipIf(!existsSync("/dev/full"))(
    "is that of the run, if a disk is full after its output",
    async () => {
      const { migrations, folder, ledger, databases } = await scenario({ shards: ["sh1"] });
      await migrations({ "1.a.sh": "CREATE TABLE t();", "2.b.sh": "CREATE TABLE u();" });
      const full = openSync("/dev/full", "w");
      const child = spawn(process.execPath, [command, "--skip-config", "--json"], {
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          PGMIGDIR: join(folder, "mig"),
          PGHOST: databases.map(({ url }) => url).join(","),
        },
        stdio: ["ignore", full, "pipe"],
      });
      let stderr = "";
      child.stderr?.setEncoding("utf8").on("data", (more: string) => {
        stderr += more;
      });
      const status = await new Promise((resolve) => child.on("close", resolve));
      expect(status).toBe(1);
      expect(stderr).toMatch(/^warning: Not all output could be written to stdout: ENOSPC.*\n$/);
      expect(await ledger("sh1")).toEqual(["1.a.sh", "2.b.sh"]);
    },
  );

  it.skipIf(process.platform !== "linux" || !existsSync("/usr/bin/script"))(
    "is that of SIGHUP, with what runs rolled back and reported, if the terminal goes away",
    async () => {
      const { migrations, folder, databases, column } = await scenario({ shards: ["sh1"] });
      await migrations({ "1.a.sh": "CREATE TABLE t(); SELECT pg_sleep(600);" });
      // A shell that passes the signal on, as one does that loses its terminal, and tells of the end.
      const shell = `"${process.execPath}" "${command}" --skip-config --report=r.json & pid=$!
        trap 'kill -HUP $pid' HUP; wait $pid; wait $pid; echo $? >ended; mv ended status`;
      const terminal = spawn("/usr/bin/script", ["-qec", shell, "/dev/null"], {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          TERM: "xterm",
          SHELL: "/bin/sh",
          PGMIGDIR: join(folder, "mig"),
          PGHOST: databases.map(({ url }) => url).join(","),
        },
        stdio: ["ignore", "pipe", "ignore"],
      });
      const asleep = `SELECT count(*)::int FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'PgSleep'`;
      while ((await column(asleep))[0] !== 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      terminal.kill("SIGKILL");
      while (!existsSync(join(folder, "status"))) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(await readFile(join(folder, "status"), "utf8")).toBe("129\n");
      const report = JSON.parse(await readFile(join(folder, "r.json"), "utf8"));
      expect(report).toMatchObject({ outcome: "interrupted", done: 0 });
      expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    },
  );

  it("is 129 after SIGHUP, with what runs rolled back and reported", async () => {
    const { migrations, start, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();\n\\echo at work\nSELECT pg_sleep(600);" });
    const run = start();
    await run.printed("at work");
    run.kill("SIGHUP");
    const { status, stdout } = await run.result;
    expect(status).toBe(129);
    expect(stdout).toContain("Interrupted: 0 of 2 steps applied");
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });

  it("needs no working directory, if nothing counts from it", async () => {
    const { folder, write } = await scenario();
    await write("gone/x", "");
    const script = `cd ${folder}/gone && rm -r ${folder}/gone && "${process.execPath}" "${command}"`;
    const run = (args: string) =>
      new Promise<{ status: number | null; text: string }>((resolve) => {
        const child = spawn("sh", ["-c", `${script} ${args} 2>&1`], {
          env: { PATH: process.env.PATH },
        });
        let text = "";
        child.stdout.setEncoding("utf8").on("data", (more: string) => {
          text += more;
        });
        child.on("close", (status) => resolve({ status, text }));
      });
    expect(await run(`--skip-config --migdir=${folder}/mig --list=digest`)).toMatchObject({
      status: 0,
    });
    for (const args of ["--list=digest", `--skip-config --migdir=${folder}/mig --report=r.json`]) {
      await write("gone/x", "");
      const { status, text } = await run(args);
      expect(status).toBe(1);
      expect(text).toMatch(/^error: The working directory does not exist any more/);
    }
  });
});

describe("the report file", () => {
  it("is for its owner alone, replaces the last one, and leaves nothing beside it", async () => {
    const { migrations, pgMig, folder } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    await writeFile(join(folder, "report.json"), "the last one", { mode: 0o644 });
    const before = await readdir(folder);
    expect((await pgMig(["--report=report.json"])).status).toBe(0);
    expect(JSON.parse(await readFile(join(folder, "report.json"), "utf8")).outcome).toBe("done");
    expect((await stat(join(folder, "report.json"))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(before.sort());
  });

  it.each([
    ["a symbolic link", "link.json"],
    ["a directory", "folder.json"],
    ["no regular file", "pipe.json"],
    ["no such file or directory", "nowhere/report.json"],
  ])("is refused before anything is changed, if its place is %s", async (reason, path) => {
    const { migrations, pgMig, folder, column } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    await writeFile(join(folder, "precious"), "precious");
    await symlink(join(folder, "precious"), join(folder, "link.json"));
    await mkdir(join(folder, "folder.json"));
    execFileSync("mkfifo", [join(folder, "pipe.json")]);
    const { status, stderr } = await pgMig([`--report=${path}`]);
    expect(status).toBe(1);
    expect(stderr).toContain("The report cannot be written");
    expect(stderr).toContain(reason);
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
    expect(await readFile(join(folder, "precious"), "utf8")).toBe("precious");
    expect((await stat(join(folder, "pipe.json"))).isFIFO()).toBe(true);
  });

  it("replaces a link that was put there meanwhile, and never writes through it", async () => {
    const { migrations, start, folder } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "\\echo at work\nSELECT pg_sleep(1);" });
    await writeFile(join(folder, "precious"), "precious");
    const run = start(["--report=report.json"]);
    await run.printed("at work");
    await symlink(join(folder, "precious"), join(folder, "report.json"));
    expect((await run.result).status).toBe(0);
    expect(await readFile(join(folder, "precious"), "utf8")).toBe("precious");
    expect((await lstat(join(folder, "report.json"))).isFile()).toBe(true);
  });
});

describe("what is printed", () => {
  it("names host, port and database of every node: plan, run, summary, status, JSON", async () => {
    const { migrations, pgMig, databases } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const addresses = databases.map(({ port, name }) => `127.0.0.1:${port}/${name}`);
    const shown = (text: string) => addresses.filter((address) => !text.includes(address));
    expect(shown((await pgMig(["--dry"])).stdout)).toEqual([]);
    const [plan] = (await pgMig(["--dry", "--json"])).stdout.split("\n");
    expect(JSON.parse(plan ?? "").addresses.toSorted()).toEqual(addresses.toSorted());
    const { stdout, stderr } = await pgMig();
    expect([shown(stdout), shown(stderr)]).toEqual([[], []]);
    expect(shown((await pgMig(["status"])).stdout)).toEqual([]);
    const lines = (await pgMig(["--json"])).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.find(({ type }) => type === "run:start").addresses).toHaveLength(2);
    expect(lines.at(-1).report.addresses).toHaveLength(2);
  });

  it("counts the hosts of all --hosts", async () => {
    const { migrations, pgMig, databases, ledger } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a.sh": "CREATE TABLE t();" });
    const args = databases.map(({ url }) => `--hosts=${url}`);
    expect((await pgMig(args, { env: { PGHOST: undefined } })).status).toBe(0);
    for (const database of databases) {
      expect(await ledger("sh1", database)).toEqual(["1.a.sh"]);
    }
  });

  it.each([
    ["--password=S3cretPw"],
    ["--passwd", "S3cretPw"],
    ["-pS3cretPw"],
    ["--pasword=S3cretPw"],
    ["--password=it's S3cretPw"],
    ["--password=two\nlines 'of' S3cretPw"],
    ["--force=S3cretPw"],
  ])("is the name of an option that does not exist, without its value: %s", async (...args) => {
    const { pgMig } = await scenario();
    const { status, stdout, stderr } = await pgMig([...args, "--json", "--debug"]);
    expect(status).toBe(1);
    expect(stderr).toContain(String(/^-(?:-[a-z]+|[a-z])/.exec(String(args[0]))?.[0]));
    expect(`${stdout}${stderr}`).not.toContain("S3cretPw");
  });

  it("is short, if a message of a server is not; the report has it all", async () => {
    const { migrations, pgMig, folder } = await scenario({ shards: ["sh1"] });
    await migrations({
      "1.a.sh":
        "DO $$ BEGIN RAISE EXCEPTION '%', repeat('x', 2000000) USING DETAIL = repeat('y', 100000); END $$;",
    });
    const { status, stdout, stderr } = await pgMig(["--report=report.json"]);
    expect(status).toBe(1);
    expect(stdout.length + stderr.length).toBeLessThan(10_000);
    expect(stdout).toContain("more characters");
    expect(await readFile(join(folder, "report.json"), "utf8")).toContain("x".repeat(2_000_000));
  });

  it("shows characters that nobody would see, in names and in messages", async () => {
    const { migrations, pgMig } = await scenario({ shards: ["sh1"] });
    await migrations({ "1.a\u202Eb.sh": "DO $$ BEGIN RAISE EXCEPTION 'a\u200Bb'; END $$;" });
    const outputs = [
      await pgMig(["--list"]),
      await pgMig(["--list", "--json"]),
      await pgMig(["--chain"]),
      await pgMig(["status"]),
      await pgMig(["--json"]),
      await pgMig(),
    ];
    for (const { stdout, stderr } of outputs) {
      expect(`${stdout}${stderr}`).not.toMatch(/\p{Cf}/u);
    }
    expect(outputs[0]?.stdout).toBe("1.a\\u202eb.sh\n");
  });
});
