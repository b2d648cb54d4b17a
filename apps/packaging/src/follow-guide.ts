import type { EmptyProject } from "./empty-project.js";
import { guideSteps } from "./guide.js";
import { installFrom } from "./install-from.js";
import { installLine } from "./install-line.js";

/**
 * Does in a project what a guide in Markdown tells: writes its files and runs its commands. What it installs comes
 * from another project, in which npm has installed all of it.
 */
export async function followGuide(
  markdown: string,
  project: EmptyProject,
  stock: EmptyProject,
): Promise<void> {
  for (const step of guideSteps(markdown)) {
    const install = step.kind === "command" ? installLine(step.line) : undefined;
    if (step.kind === "file") {
      await project.write(step.name, step.text);
    } else if (install === undefined) {
      await project.run("sh", "-c", step.line);
    } else {
      await installFrom(stock, install, project);
    }
  }
}

/** All that guides in Markdown install. */
export function namesInstalled(markdown: string): readonly string[] {
  const names = guideSteps(markdown).flatMap((step) =>
    step.kind === "command" ? (installLine(step.line)?.names ?? []) : [],
  );
  return [...new Set(names)];
}

/** The part of a text in Markdown below a heading of the second level. */
export function sectionOf(markdown: string, heading: string): string {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) {
    throw new Error(`There is no section "${heading}".`);
  }
  return section;
}
