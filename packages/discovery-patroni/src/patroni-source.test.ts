import type { DiscoverySource } from "@pg-mig/cluster";
import { discoverNodes } from "@pg-mig/cluster";
import { describeDiscovery } from "@pg-mig/cluster/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { patroni } from "./patroni-source.js";
import { type Member, type PatroniServer, startPatroni } from "./testing/patroni-server.js";

const a: Member = { name: "pg0", role: "leader", host: "10.0.0.1", port: 5432 };
const b: Member = { name: "pg1", role: "replica", host: "10.0.0.2", port: 5433 };
const swapped = [
  { ...a, role: "sync_standby" },
  { ...b, role: "leader" },
];
const nowhere = "http://127.0.0.1:2";
let shop: PatroniServer;
let billing: PatroniServer;

beforeEach(async () => {
  shop = await startPatroni("shop", [a, b]);
  billing = await startPatroni("billing", [{ ...a, host: "10.0.1.1" }]);
});

afterEach(() => Promise.all([shop.close(), billing.close()]));

async function ask(source: DiscoverySource) {
  const nodes = await discoverNodes([source], {
    signal: new AbortController().signal,
    log: () => {},
    defaults: { port: 5432, user: "ann", database: "app", sslMode: "prefer" },
  });
  return nodes.map(({ name, island }) => `${island} ${name}`);
}

describe("patroni", () => {
  describeDiscovery(
    {
      create: () =>
        patroni({
          scopes: { shop: withLogin(shop.url), billing: [nowhere, billing.url] },
          node: { database: "app", labels: { region: "eu" } },
        }),
      createFailing: () => {
        shop.answer = "503";
        return patroni({ scopes: { billing: billing.url, shop: withLogin(shop.url) } });
      },
      createHanging: () => {
        shop.answer = "nothing";
        return patroni({ scopes: { shop: shop.url } });
      },
      expected: [
        { host: "10.0.0.1", port: 5432, island: "shop", labels: { region: "eu" } },
        { host: "10.0.1.1", port: 5432, island: "billing", database: "app" },
      ],
      secrets: ["hunter2"],
    },
    { describe, it },
  );

  it("gives the leader of each scope, and the next one when it has moved", async () => {
    const source = patroni({ scopes: { shop: shop.url, billing: billing.url } });
    expect(await ask(source)).toEqual(["shop 10.0.0.1:5432/app", "billing 10.0.1.1:5432/app"]);
    shop.answer = swapped;
    expect(await ask(source)).toEqual(["shop 10.0.0.2:5433/app", "billing 10.0.1.1:5432/app"]);
  });

  it.each([["nothing"], ["503"], ["nonsense"], [[]]] as const)(
    "asks the next endpoint of a scope where one answers %j",
    async (answer) => {
      const second = await startPatroni("shop", swapped);
      shop.answer = answer;
      const source = patroni({ scopes: { shop: [shop.url, second.url] }, timeoutMs: 200 });
      expect(await ask(source)).toEqual(["shop 10.0.0.2:5433/app"]);
      await second.close();
    },
  );

  it.each([
    ["no leader", [b], "no leader at the moment"],
    ["a standby cluster", [{ ...a, role: "standby_leader" }], "standby cluster"],
  ])("fails for a scope with %s", async (_, members, words) => {
    shop.answer = members;
    await expect(ask(patroni({ scopes: { shop: shop.url } }))).rejects.toThrow(words);
  });

  it("takes no leader of another scope", async () => {
    const crossed = patroni({ scopes: { shop: billing.url } });
    await expect(ask(crossed)).rejects.toThrow('it belongs to the scope "billing"');
  });

  it("sends the login of the URL, and shows it nowhere", async () => {
    await ask(patroni({ scopes: { shop: withLogin(shop.url) } }));
    expect(shop.login).toBe("ann:hunter2/");
    const failing = ask(patroni({ scopes: { shop: withLogin(nowhere) } }));
    await expect(failing).rejects.toThrow("http://127.0.0.1:2: connect ECONNREFUSED");
    await expect(failing).rejects.not.toThrow("hunter2");
  });

  it("refuses to be made without an endpoint", () => {
    expect(() => patroni({ scopes: {} })).toThrow("needs a scope");
    expect(() => patroni({ scopes: { shop: [] } })).toThrow('"shop" has no endpoint');
    expect(() => patroni({ scopes: { shop: "ann:hunter2@" } })).not.toThrow("hunter2");
    expect(() => patroni({ scopes: { shop: "no url" } })).toThrow("no URL");
  });
});

function withLogin(url: string): string {
  return url.replace("//", "//ann:hunter2%2F@");
}
