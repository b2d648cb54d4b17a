// Prints, for each package, what installing it brings along: a table in Markdown.
import { createEmptyProject } from "./empty-project.js";
import { installedClosure } from "./installed-closure.js";
import { publish } from "./published.js";

const published = await publish();
const project = await createEmptyProject(published);
try {
  const names = project.packages.map(({ name }) => name);
  await project.write("package.json", "{}");
  await project.run("npm", "install", ...names);
  console.log("| package | installed, kB | dependencies | of them not ours |");
  console.log("| --- | ---: | ---: | ---: |");
  for (const name of names) {
    const { bytes, dependencies } = await installedClosure(project.folder, name);
    const foreign = dependencies.filter((each) => !each.startsWith("@pg-mig/"));
    const kilobytes = Math.round(bytes / 1000);
    console.log(`| ${name} | ${kilobytes} | ${dependencies.length} | ${foreign.length} |`);
  }
} finally {
  await project.remove();
  await published.remove();
}
