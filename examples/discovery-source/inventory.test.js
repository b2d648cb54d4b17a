import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { describeDiscovery } from "@pg-mig/cluster/testing";
import { inventory } from "./inventory.js";

const servers = [
  { address: "10.0.0.1", port: 5432, region: "eu" },
  { address: "10.0.0.2", port: 5432, region: "us" },
  { address: "10.0.0.3", port: 5432, region: "us", retired: true },
];

describe("inventory", () => {
  let url = "";
  const server = createServer((request, response) => {
    if (request.url === "/silent") {
      return;
    }
    if (request.headers.authorization !== "Bearer hunter2") {
      response.statusCode = 403;
    }
    response.end(JSON.stringify(servers));
  });
  before(async () => {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  describeDiscovery(
    {
      create: () => inventory({ url, token: "hunter2" }),
      createFailing: () => inventory({ url, token: "wrong" }),
      createHanging: () => inventory({ url: `${url}/silent`, token: "hunter2" }),
      expected: [
        { host: "10.0.0.1", labels: { region: "eu" } },
        { host: "10.0.0.2", labels: { region: "us" } },
      ],
      secrets: ["hunter2", "wrong"],
    },
    { describe, it },
  );
});
