import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { platform } from "node:process";
import { expect, it, onTestFinished } from "vitest";
import { scenarios } from "./scenario.js";

const { scenario } = scenarios({ nodes: 1 });

/** A server that takes connections and says nothing, and how often it was connected to. */
async function silentServer() {
  let connected = () => {};
  const connection = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const server = createServer(() => connected());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("The server has no port.");
  }
  return { port: address.port, connection };
}

// Where there is no /proc, `ps` asks the kernel in another way, which no test of ours has seen.
it.skipIf(platform !== "linux")(
  "a password on the command line is not in the process list once the command is at work",
  async () => {
    const { start, migrations } = await scenario({ shards: [] });
    await migrations({ "20240101000000.a.sh": "SELECT 1;" });
    const { port, connection } = await silentServer();
    const hosts = `--hosts=postgres://ann:S3cretOne@127.0.0.1:${port}/app`;
    const run = start(["plan", hosts, "--pass", "S3cretTwo"], { env: { PGCONNECT_TIMEOUT: "60" } });
    await connection;
    const shown = await readFile(`/proc/${run.pid}/cmdline`, "utf8");
    run.kill("SIGKILL");
    await run.result;
    expect(shown).toContain("pg-mig plan --hosts=*** --pass ***");
    expect(shown).not.toContain("S3cret");
  },
);
