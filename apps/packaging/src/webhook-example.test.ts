import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { askPublished } from "./ask-published.js";
import { createEmptyProject } from "./empty-project.js";
import { repository } from "./pack-packages.js";

it("The example of an observer passes its tests with the packages as users get them", async () => {
  const folder = join(repository, "examples", "webhook");
  const project = await createEmptyProject(await askPublished());
  onTestFinished(() => project.remove());
  for (const name of await readdir(folder)) {
    await project.write(name, await readFile(join(folder, name), "utf8"));
  }
  await project.run("sh", "-c", "npm install --save-dev @pg-mig/report");
  const { stdout } = await project.run("sh", "-c", "npm test");
  expect(stdout).toMatch(/ pass 9\n[\s\S]* fail 0\n/);
});
