import { fileURLToPath } from "node:url";
import type { FreshDatabases } from "./servers.js";
import { type SideProgram, startSideProgram, watchTraffic } from "./side-program.js";

const program = fileURLToPath(new URL("../traffic/relay.js", import.meta.url));

/** Puts relays before databases. A relay delays what goes through it, and counts it. */
export interface Relays {
  /** The databases by way of a relay, which delays by `latencyMs` each way. */
  before(databases: FreshDatabases, latencyMs: number): Promise<FreshDatabases>;
  /** Ends all of them. */
  end(): Promise<void>;
}

/** Starts a relay when it is wanted first; it stays, for all databases of the same servers. */
export function makeRelays(): Relays {
  const relays = new Map<string, Promise<SideProgram>>();
  return {
    async before(databases, latencyMs) {
      const addresses = databases.nodes.map(({ host, port }) => `${host}:${port}`);
      const args = [String(latencyMs), ...addresses];
      const key = args.join(" ");
      const started = relays.get(key) ?? startSideProgram(program, args);
      relays.set(key, started);
      const relay = await started;
      return {
        ...databases,
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
      };
    },
    async end() {
      await Promise.all([...relays.values()].map(async (relay) => (await relay).end()));
    },
  };
}
