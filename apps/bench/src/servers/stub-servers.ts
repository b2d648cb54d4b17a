import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Servers } from "./servers.js";

const program = fileURLToPath(new URL("../stub/stub-server.js", import.meta.url));

/** A program that answers the protocol at once: what is left is what the client costs. */
export function startStubServers(size: {
  readonly nodes: number;
  readonly shards: readonly string[];
}): Servers {
  return {
    title: "a stub",
    async fresh() {
      const args = [program, String(size.nodes), ...size.shards];
      const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
      const ended = once(child, "exit");
      const [line] = await once(child.stdout.setEncoding("utf8"), "data");
      const ports: number[] = JSON.parse(line);
      const login = { host: "127.0.0.1", user: "stub", password: "stub", database: "stub" };
      return {
        nodes: ports.map((port) => ({ ...login, port })),
        async watch() {
          return { end: async () => ({ cpuMs: undefined, backendMb: undefined }) };
        },
        async end() {
          child.stdin.end();
          await ended;
        },
      };
    },
    async close() {},
  };
}
