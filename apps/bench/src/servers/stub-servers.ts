import { fileURLToPath } from "node:url";
import type { Servers } from "./servers.js";
import { startSideProgram, watchTraffic } from "./side-program.js";

const program = fileURLToPath(new URL("../stub/stub-server.js", import.meta.url));

/** A program that answers the protocol at once: what is left is what the client costs. */
export function startStubServers(size: {
  readonly nodes: number;
  readonly shards: readonly string[];
}): Servers {
  return {
    title: "a stub",
    async fresh() {
      const stub = await startSideProgram(program, [String(size.nodes), ...size.shards]);
      const login = { host: "127.0.0.1", user: "stub", password: "stub", database: "stub" };
      return {
        nodes: stub.ports.map((port) => ({ ...login, port })),
        async watch() {
          const { end } = await watchTraffic(stub);
          return {
            end: async () => ({ cpuMs: undefined, backendMb: undefined, traffic: await end() }),
          };
        },
        end: () => stub.end(),
      };
    },
    async close() {},
  };
}
