import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

async function prepare(observers: string) {
  const prepared = await scenario({ shards: ["sh1", "sh2"] });
  await prepared.migrations({ "1.a.sh": "CREATE TABLE t();" });
  await prepared.write(
    "pg-mig.config.mjs",
    `import { appendFileSync } from "node:fs";
     const tell = (type) => appendFileSync("told", type + "\\n");
     export default { observers: [${observers}] };`,
  );
  return {
    ...prepared,
    told: async () => (await readFile(join(prepared.folder, "told"), "utf8")).trim().split("\n"),
  };
}

const good = `{ name: "good", async onEvent({ type }) { this.name; tell(type); } }`;
const bad = {
  throws: `{ name: "throws", onEvent() { throw new Error("no"); } }`,
  hangs: `{ name: "hangs", onEvent() { return new Promise(() => {}); } }`,
  blocks: `{ name: "blocks", onEvent() { const end = Date.now() + 1100; while (Date.now() < end); } }`,
  rejects: `{ name: "rejects", async onEvent() { throw new Error("late"); } }`,
  spoils: `{ name: "spoils", onEvent(event) { for (const key in event) delete event[key]; } }`,
};

describe("observers", () => {
  it("are told each event, up to run:done", async () => {
    const { pgMig, told } = await prepare(good);
    expect(await pgMig(["--json"], { process: "this" })).toMatchObject({ status: 0, stderr: "" });
    const types = await told();
    expect(types[0]).toBe("run:start");
    expect(types.at(-1)).toBe("run:done");
    expect(types.filter((type) => type === "step:done")).toHaveLength(2);
  });

  it("that throw, reject, hang, block or spoil change nothing, and are told of at the end", async () => {
    const { pgMig, told, ledger } = await prepare([...Object.values(bad), good].join(", "));
    const { status, stdout, stderr } = await pgMig(["--report=r.json"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Done: 2 of 2 steps applied/m);
    expect(await ledger("sh1")).toEqual(["1.a.sh"]);
    expect((await told()).at(-1)).toBe("run:done");
    expect(stderr).toContain(
      'warning: The observer "throws" failed with the event run:start: no\n',
    );
    expect(stderr).toContain(
      'warning: The observer "rejects" failed with the event run:start: late\n',
    );
    expect(stderr).toMatch(/warning: The observer "hangs" .* and was told nothing more\./);
    expect(stderr).toMatch(/warning: The observer "blocks" took \d+ ms of the run, and was told/);
    expect(stderr).not.toContain('"spoils"');
  });

  it("are refused before anything is changed, if they are none", async () => {
    const { pgMig, column } = await prepare("{ onEvent() {} }");
    const { status, stderr } = await pgMig([], { process: "this" });
    expect(status).toBe(1);
    expect(stderr).toContain(
      '"observers" must be a list of objects with a name and a function onEvent',
    );
    expect(await column("SELECT to_regclass('sh1.t')")).toEqual([null]);
  });
});
