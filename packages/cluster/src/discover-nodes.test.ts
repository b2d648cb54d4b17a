import { inspect } from "node:util";
import { PgMigError } from "@pg-mig/model";
import { describe, expect, it } from "vitest";
import { discoverNodes } from "./discover-nodes.js";
import type { DiscoveryContext, DiscoverySource } from "./discovery-source.js";
import { hosts } from "./hosts-source.js";
import type { NodeSpec } from "./node-spec.js";

function context(signal = new AbortController().signal): DiscoveryContext {
  const defaults = { port: 5432, user: "ann", database: "app", sslMode: "prefer" } as const;
  return { signal, log: () => {}, defaults };
}

function source(discover: DiscoverySource["discover"]): DiscoverySource {
  return { name: "my-source", discover };
}

/** What a source written in plain JavaScript may give. */
function untyped(...specs: unknown[]): DiscoverySource {
  return source(async () => JSON.parse(JSON.stringify(specs)));
}

async function failure(sources: readonly DiscoverySource[]): Promise<PgMigError> {
  const error: unknown = await discoverNodes(sources, context()).then(
    () => undefined,
    (error) => error,
  );
  if (error instanceof PgMigError) {
    return error;
  }
  throw new Error(`expected a PgMigError, got ${error}`);
}

describe("discoverNodes", () => {
  it("puts together what all sources give, at once or one by one", async () => {
    const stream = source(async function* () {
      yield { host: "c" };
      yield { host: "a", labels: { region: "eu" } };
    });
    const nodes = await discoverNodes([hosts("b;a"), stream, hosts(["d", "e,f"])], context());
    expect(nodes.map(({ label }) => label)).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(nodes[0]?.labels).toEqual({ region: "eu" });
  });

  it("names the source that fails", async () => {
    const cause = new Error("vault is sealed");
    const throws = source(() => {
      throw cause;
    });
    const rejects = source(() => Promise.reject(cause));
    const breaks = source(async function* () {
      yield { host: "a" };
      throw cause;
    });
    for (const bad of [throws, rejects, breaks]) {
      expect(await failure([hosts("a"), bad])).toMatchObject({
        code: "DISCOVERY_FAILED",
        message: 'The discovery source "my-source" failed: vault is sealed.',
        cause,
      });
    }
  });

  it.each([
    ["a text", ["db1"], "expected an object"],
    ["null", [null], "expected an object"],
    ["no host", [{ port: 5432 }], "`host`"],
    ["a port as text", [{ host: "a", port: "5432" }], "`port`"],
    ["a port out of range", [{ host: "a", port: 65536 }], "`port`"],
    ["an empty database", [{ host: "a", database: "" }], "`database`"],
    ["a numeric user", [{ host: "a", user: 5 }], "`user`"],
    ["an unknown SSL mode", [{ host: "a", sslMode: "yes" }], "`sslMode`"],
    ["a numeric label", [{ host: "a", labels: { tier: 1 } }], "`labels`"],
  ])("refuses %s, naming the source", async (_name, specs, words) => {
    const { code, message } = await failure([untyped(...specs)]);
    expect(code).toBe("DISCOVERY_FAILED");
    expect(message).toContain("my-source");
    expect(message).toContain(words);
  });

  it("shows no password of a bad spec", async () => {
    const { message } = await failure([untyped({ host: "a", password: 12345 })]);
    expect(message).toContain("`password`");
    expect(message).not.toContain("12345");
  });

  it.each(["host=db1 password=hunter2", "postgres://ann:hunter2@db1", "ann:hunter2@db1"])(
    "refuses a connection string as a host, and does not show it: %s",
    async (host) => {
      const { code, message, hint, cause } = await failure([untyped({ host, port: "x" })]);
      expect(code).toBe("DISCOVERY_FAILED");
      expect(message).toContain("`host`");
      expect(inspect({ message, hint, cause })).not.toMatch(/hunter2|db1/);
    },
  );

  it("refuses to go on without a node", async () => {
    expect(await failure([])).toMatchObject({ code: "NODES_MISSING" });
    expect(await failure([hosts("")])).toMatchObject({ code: "NODES_MISSING" });
  });

  it("rejects with the signal's reason when it is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const endless = source(
      async ({ signal }) =>
        await new Promise<NodeSpec[]>((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("my own words")));
        }),
    );
    const nodes = discoverNodes([endless], context(controller.signal));
    controller.abort(reason);
    await expect(nodes).rejects.toBe(reason);
  });

  it("rejects with the signal's reason even if the source takes no notice", async () => {
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const deaf = source(async () => {
      controller.abort(reason);
      return [{ host: "a" }];
    });
    await expect(discoverNodes([deaf], context(controller.signal))).rejects.toBe(reason);
  });
});
