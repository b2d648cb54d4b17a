import { describe, expect, it } from "vitest";
import { type CommandOptions, type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const library = new URL("../dist/index.js", import.meta.url).href;
const sourceFile = `import { command } from "${library}"; export default command("cat", { args: ["nodes.txt"] });`;

type Way = (
  made: Scenario,
  dsn: string,
) => Promise<readonly [readonly string[], CommandOptions["env"]]>;

/** Where a keyword/value connection string is one whole value. */
const ways: readonly (readonly [string, Way])[] = [
  ["--hosts", async (_, dsn) => [[`--hosts=${dsn}`], {}]],
  ["PGHOST", async (_, dsn) => [[], { PGHOST: dsn }]],
  [
    "a list in the config file",
    async ({ write }, dsn) => {
      const list = JSON.stringify([dsn]);
      await write("pg-mig.config.cjs", `module.exports = { PGHOST: ${list} };`);
      return [[], { PGHOST: undefined }];
    },
  ],
  [
    "the output of a program",
    async ({ write }, dsn) => {
      await write("source.mjs", sourceFile);
      await write("nodes.txt", `${dsn}\n`);
      return [["--discovery=./source.mjs"], { PGHOST: undefined }];
    },
  ],
];

const broken = "host=db.invalid port=x password='S3cret Pw:1' dbname=hidden";

/** Where it is no value, or not a whole one. */
const misplaced: readonly (readonly [string, Way])[] = [
  ["PGHOST, after another host", async (_, dsn) => [[], { PGHOST: `127.0.0.1, ${dsn}` }]],
  [
    "a discovered node's host",
    async ({ write }, dsn) => {
      const nodes = JSON.stringify([{ host: dsn }]);
      const source = `{ name: "mine", discover: async () => ${nodes} }`;
      await write("pg-mig.config.cjs", `module.exports = { discovery: ${source} };`);
      return [[], { PGHOST: undefined }];
    },
  ],
  [
    "--db",
    async ({ database: { host, port, user, password } }, dsn) => [
      [`--db=${dsn}`],
      { PGHOST: `postgres://${user}:${password}@${host}:${port}` },
    ],
  ],
];

describe("a keyword/value connection string", () => {
  it.each(ways)("leads to its server and shows no password: %s", async (_, way) => {
    const made = await scenario({ shards: ["sh1"] });
    const { host, port, user, password, name } = made.database;
    await made.migrations({ "1.a.sh": "" });
    const dsn = `host=nowhere.invalid,${host} port=1,${port} user = ${user} password='${password}' dbname=${name}`;
    const [args, env = {}] = await way(made, dsn);
    const { status, stdout, stderr } = await made.pgMig([...args, "--debug"], {
      env,
      process: "this",
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout + stderr).not.toContain(password);
    expect(await made.ledger("sh1")).toEqual(["1.a.sh"]);
  });

  it.each([...ways, ...misplaced])(
    "is not shown, and refused, if it cannot be used: %s",
    async (_, way) => {
      const made = await scenario({ shards: ["sh1"] });
      await made.migrations({ "1.a.sh": "" });
      const [args, env = {}] = await way(made, broken);
      for (const action of [[], ["status"], ["--dry"]]) {
        const { status, stdout, stderr } = await made.pgMig(
          [...action, ...args, "--json", "--debug"],
          { env, process: "this" },
        );
        expect(status).toBe(1);
        expect(JSON.parse(stdout)).toMatchObject({ type: "error" });
        expect(stderr).toMatch(/error: .+/);
        expect(stdout + stderr).not.toMatch(/S3cret|Pw:1|db\.invalid|hidden/);
      }
    },
  );

  it("is not shown either where it is cut for want of quotes", async () => {
    const { pgMig } = await scenario();
    const { status, stdout, stderr } = await pgMig(["--hosts=host=db1", "password=S3cretPw"]);
    expect(status).toBe(1);
    expect(stderr).toContain("Put a list of hosts in quotes");
    expect(stdout + stderr).not.toContain("S3cretPw");
  });
});
