import { describe, expect, it } from "vitest";
import { type CommandOptions, command } from "./command-source.js";
import { discoverNodes } from "./discover-nodes.js";
import { describeDiscovery } from "./testing/index.js";

/** A program that is there wherever these tests run. */
function node(script: string, options: CommandOptions = {}) {
  return command(process.execPath, { ...options, args: ["-e", script, "hunter2"] });
}

function ask(source: ReturnType<typeof command>) {
  const defaults = { port: 5432, user: "ann", sslMode: "prefer" } as const;
  return discoverNodes([source], { signal: new AbortController().signal, log: () => {}, defaults });
}

describe("command", () => {
  describeDiscovery(
    {
      create: () =>
        node("console.log(JSON.stringify([{ host: 'a', password: 'hunter2' }, 'b:1']))"),
      createFailing: () => node("console.log('a'); process.exit(3)"),
      createHanging: () => node("setInterval(() => {}, 1000)"),
      expected: [{ host: "a" }, { host: "b", port: 1 }],
      secrets: ["hunter2"],
    },
    { describe, it },
  );

  it("takes lines", async () => {
    const nodes = await ask(node("console.log('a:1/x\\nb:2/y')"));
    expect(nodes.map(({ name }) => name)).toEqual(["a:1/x", "b:2/y"]);
  });

  it("takes any shape that `parse` understands", async () => {
    const parse = (text: string) => JSON.parse(text).map((host: string) => ({ host }));
    const nodes = await ask(node('console.log(\'["a", "b"]\')', { parse }));
    expect(nodes.map(({ host }) => host)).toEqual(["a", "b"]);
  });

  it("passes the environment on, and no standard input", async () => {
    const script = "process.stdin.on('end', () => console.log(process.env.WHERE)).resume()";
    const nodes = await ask(node(script, { env: { WHERE: "db9" } }));
    expect(nodes.map(({ host }) => host)).toEqual(["db9"]);
  });

  it("tells the exit status and the last words of a program that fails", async () => {
    const failing = node("console.error('first\\nno token'); process.exit(3)");
    await expect(ask(failing)).rejects.toThrow("It exited with status 3: no token.");
  });

  it("names a program that is not there", async () => {
    await expect(ask(command("no-such-program"))).rejects.toThrow(
      'The discovery source "command no-such-program" failed: It failed (ENOENT).',
    );
  });
});
