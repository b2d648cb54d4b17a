import { startNodes, type TestCluster } from "@pg-mig/testkit";
import type pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sendMessages } from "./send-messages.js";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startNodes();
});
afterAll(() => cluster?.stop());

it("gives each message its own answer, also if the client waits for that to another query", async () => {
  const client: pg.Client = await cluster.node.connect();
  const statuses = async (...texts: [string, ...string[]]) =>
    (await Promise.all(sendMessages(client, texts))).map(({ status, tags }) => [status, ...tags]);
  expect(await statuses("SELECT 1", "BEGIN")).toEqual([
    ["idle", "SELECT 1"],
    ["open", "BEGIN"],
  ]);
  const before = client.query("COMMIT");
  const begun = statuses("BEGIN", "SELECT 1");
  expect(await begun).toEqual([
    ["open", "BEGIN"],
    ["open", "SELECT 1"],
  ]);
  await before;
  await client.end();
});
