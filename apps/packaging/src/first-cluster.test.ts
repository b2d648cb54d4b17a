import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { askPublished } from "./ask-published.js";
import { createEmptyProject, type EmptyProject } from "./empty-project.js";
import { guideSteps, withOutputs } from "./guide.js";
import { repository } from "./pack-packages.js";
import { openTerminal } from "./terminal.js";
import { withoutChance } from "./without-chance.js";

const page = join(repository, "docs", "first-cluster.md");

// After a change of what the command prints, `vitest run src/first-cluster.test.ts --update` writes it into the page.
it("The page leads from an empty folder to a cluster, a failure and its fix, as it is written", async () => {
  const text = await readFile(page, "utf8");
  // As the package managers do that ask before they run such scripts.
  const project = await createEmptyProject(await askPublished(), {
    env: { npm_config_ignore_scripts: "true" },
  });
  onTestFinished(() => project.remove());
  const outputs: string[] = [];
  for (const step of guideSteps(text)) {
    switch (step.kind) {
      case "file":
        await project.write(await theFile(step.name, project), step.text);
        break;
      case "command":
        await project.run("sh", "-c", step.line);
        break;
      case "session": {
        const terminal = openTerminal(step.line, project.surroundings);
        if (step.end === "open") {
          onTestFinished(() => terminal.close());
          const lines = step.output.split("\n").length;
          await expect
            .poll(async () => (await terminal.screen()).split("\n").length, { timeout: 60_000 })
            .toBeGreaterThanOrEqual(lines);
        } else {
          await terminal.ended;
        }
        outputs.push(await terminal.screen());
        break;
      }
    }
  }
  await expect(withOutputs(text, withoutChance(outputs))).toMatchFileSnapshot(page);
});

/** The file of the project that a name with a "*" means: the reader sees which. */
async function theFile(name: string, project: EmptyProject): Promise<string> {
  const [start = "", end] = basename(name).split("*");
  if (end === undefined) {
    return name;
  }
  const folder = dirname(name);
  const found = (await readdir(join(project.surroundings.cwd, folder))).filter(
    (file) => file.startsWith(start) && file.endsWith(end),
  );
  expect(found).toHaveLength(1);
  return join(folder, found[0] ?? "");
}
