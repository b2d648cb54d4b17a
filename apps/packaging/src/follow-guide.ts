import type { EmptyProject } from "./empty-project.js";
import { guideSteps } from "./guide.js";

/** Does in a project what a guide in Markdown tells: writes its files and runs its commands. */
export async function followGuide(markdown: string, project: EmptyProject): Promise<void> {
  for (const step of guideSteps(markdown)) {
    if (step.kind === "file") {
      await project.write(step.name, step.text);
    } else {
      await project.run("sh", "-c", step.line);
    }
  }
}

/** The part of a text in Markdown below a heading of the second level. */
export function sectionOf(markdown: string, heading: string): string {
  const section = markdown.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) {
    throw new Error(`There is no section "${heading}".`);
  }
  return section;
}
