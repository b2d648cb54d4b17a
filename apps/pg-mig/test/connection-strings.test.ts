import { describe, expect, it } from "vitest";
import { type CommandOptions, type Scenario, scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

const dsn = "host=db.invalid password='S3cret Pw:1' dbname=app";

const library = new URL("../dist/index.js", import.meta.url).href;
const sourceFile = `import { command } from "${library}"; export default command("cat", { args: ["nodes.txt"] });`;

type Way = (made: Scenario) => Promise<readonly [readonly string[], CommandOptions["env"]]>;

const ways: readonly (readonly [string, Way])[] = [
  ["--hosts", async () => [[`--hosts=${dsn}`], {}]],
  ["PGHOST", async () => [[], { PGHOST: `127.0.0.1, ${dsn}` }]],
  [
    "a list in the config file",
    async ({ write }) => {
      const list = JSON.stringify(["127.0.0.1", dsn]);
      await write("pg-mig.config.cjs", `module.exports = { PGHOST: ${list} };`);
      return [[], { PGHOST: undefined }];
    },
  ],
  [
    "a discovery source",
    async ({ write }) => {
      const nodes = JSON.stringify([{ host: dsn }]);
      const source = `{ name: "mine", discover: async () => ${nodes} }`;
      await write("pg-mig.config.cjs", `module.exports = { discovery: ${source} };`);
      return [[], { PGHOST: undefined }];
    },
  ],
  [
    "the output of a program",
    async ({ write }) => {
      await write("source.mjs", sourceFile);
      await write("nodes.txt", `${dsn}\n`);
      return [["--discovery=./source.mjs"], { PGHOST: undefined }];
    },
  ],
  [
    "--db",
    async ({ database: { host, port, user, password } }) => [
      [`--db=${dsn}`],
      { PGHOST: `postgres://${user}:${password}@${host}:${port}` },
    ],
  ],
];

describe("a keyword/value connection string", () => {
  it.each(ways)("is refused, and nothing of it is shown: %s", async (_, way) => {
    const made = await scenario({ shards: ["sh1"] });
    await made.migrations({ "1.a.sh": "" });
    const [args, env = {}] = await way(made);
    for (const action of [[], ["status"], ["--dry"]]) {
      const { status, stdout, stderr } = await made.pgMig(
        [...action, ...args, "--json", "--debug"],
        { env },
      );
      expect(status).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ type: "error" });
      expect(stderr).toMatch(/error: .+/);
      expect(stdout + stderr).not.toMatch(/S3cret|Pw:1|db\.invalid|dbname/);
    }
  });

  it("is not shown either where it is cut for want of quotes", async () => {
    const { pgMig } = await scenario();
    const { status, stdout, stderr } = await pgMig(["--hosts=host=db1", "password=S3cretPw"]);
    expect(status).toBe(1);
    expect(stderr).toContain("Put a list of hosts in quotes");
    expect(stdout + stderr).not.toContain("S3cretPw");
  });
});
