import { describe, it } from "vitest";
import { hosts } from "./hosts-source.js";
import { describeDiscovery } from "./testing/index.js";

describe("hosts", () => {
  describeDiscovery(
    {
      create: () => hosts(["a:1/db;b", "postgres://ann:hunter2@c"]),
      expected: [{ host: "a", port: 1 }, { host: "b" }, { host: "c", user: "ann" }],
      secrets: ["hunter2"],
    },
    { describe, it },
  );
});
