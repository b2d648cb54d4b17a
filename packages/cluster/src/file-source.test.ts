import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { discoverNodes } from "./discover-nodes.js";
import { file } from "./file-source.js";
import { describeDiscovery } from "./testing/index.js";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pg-mig-file-"));
  const nodes = [
    { host: "a", labels: { region: "eu" } },
    { host: "b", port: 6432, island: "1", password: "hunter2" },
  ];
  await writeFile(join(folder, "nodes.json"), JSON.stringify(nodes));
  await writeFile(join(folder, "broken.json"), '[{"host":"a","password":"hunter2"');
});

afterAll(() => rm(folder, { recursive: true }));

describe("file", () => {
  describeDiscovery(
    {
      create: () => file(join(folder, "nodes.json")),
      createFailing: () => file(join(folder, "broken.json")),
      expected: [
        { host: "a", labels: { region: "eu" } },
        { host: "b", port: 6432, island: "1" },
      ],
      secrets: ["hunter2"],
    },
    { describe, it },
  );

  it("names the file that is not there", async () => {
    const path = join(folder, "missing.json");
    const asked = discoverNodes([file(pathToFileURL(path))], {
      signal: new AbortController().signal,
      log: () => {},
      defaults: { port: 5432, user: "ann", sslMode: "prefer" },
    });
    await expect(asked).rejects.toMatchObject({ code: "DISCOVERY_FAILED" });
    await expect(asked).rejects.toThrow(`"file ${path}" failed`);
  });
});
