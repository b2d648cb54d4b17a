import { fileURLToPath } from "node:url";
import type { FreshDatabases } from "./servers.js";
import { startSideProgram, watchTraffic } from "./side-program.js";

const program = fileURLToPath(new URL("../traffic/relay.js", import.meta.url));

/** Puts a relay before databases: it delays what goes through by `latencyMs` each way, and counts it. */
export async function throughRelay(
  databases: FreshDatabases,
  latencyMs: number,
): Promise<FreshDatabases> {
  const addresses = databases.nodes.map(({ host, port }) => `${host}:${port}`);
  const relay = await startSideProgram(program, [String(latencyMs), ...addresses]);
  return {
    nodes: databases.nodes.map((node, i) => {
      return { ...node, host: "127.0.0.1", port: relay.ports[i] ?? 0 };
    }),
    async watch() {
      const traffic = await watchTraffic(relay);
      const servers = await databases.watch();
      return {
        end: async () => ({ ...(await servers.end()), traffic: await traffic.end() }),
      };
    },
    async end() {
      await relay.end();
      await databases.end();
    },
  };
}
