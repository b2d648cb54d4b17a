import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { startNodes } from "@pg-mig/testkit";
import { expect, it, onTestFinished } from "vitest";
import { askPublished } from "./ask-published.js";
import { createEmptyProject } from "./empty-project.js";
import { guideSteps } from "./guide.js";
import { repository } from "./pack-packages.js";

const guide = await readFile(join(repository, "docs", "writing-a-discovery-source.md"), "utf8");
const steps = guideSteps(guide);

it("The guide leads from an empty folder to a source that is tested and used", async () => {
  const cluster = await startNodes();
  onTestFinished(() => cluster.stop());
  const { host, port, user, password, database } = cluster.node;
  await cluster.node.query("CREATE SCHEMA sh1");
  // The reader's inventory.
  const inventory = createServer((request, response) => {
    const allowed = request.headers.authorization === "Bearer secret";
    response.writeHead(allowed ? 200 : 403);
    response.end(JSON.stringify([{ address: host, port, region: "eu" }]));
  });
  inventory.listen(0, "127.0.0.1");
  await once(inventory, "listening");
  onTestFinished(() => void inventory.close());
  const address = inventory.address();
  if (address === null || typeof address === "string") {
    throw new Error("no port");
  }
  const project = await createEmptyProject(await askPublished(), {
    env: {
      INVENTORY_URL: `http://127.0.0.1:${address.port}`,
      INVENTORY_TOKEN: "secret",
      PGUSER: user,
      PGPASSWORD: password,
      PGDATABASE: database,
    },
  });
  onTestFinished(() => project.remove());

  const printed = new Map<string, string>();
  for (const step of steps) {
    if (step.kind === "file") {
      await project.write(step.name, step.text);
    } else {
      printed.set(step.line, (await project.run("sh", "-c", step.line)).stdout);
    }
  }
  expect(printed.get("npm test")).toMatch(/ pass 8\n[\s\S]* fail 0\n/);
  expect(printed.get("npx pg-mig status")).toContain("1 step pending on 1 shard.");
});

it("The example is what the guide makes", async () => {
  const folder = join(repository, "examples", "discovery-source");
  const made = steps.flatMap((step) => (step.kind === "file" ? [[step.name, step.text]] : []));
  const there = (await readdir(folder)).filter((name) => name !== "README.md").sort();
  const files = there.map(async (name) => [name, await readFile(join(folder, name), "utf8")]);
  expect(Object.fromEntries(await Promise.all(files))).toEqual(Object.fromEntries(made));
});
