/** What a guide tells its reader to do, in order. */
export type GuideStep =
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | { readonly kind: "command"; readonly line: string };

/**
 * Takes the steps out of a guide in Markdown: a code block whose language is followed by a file's
 * name is that file, and each line of a block in `sh` is a command. Pure.
 */
export function guideSteps(markdown: string): GuideStep[] {
  const blocks = markdown.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, language, name, text = ""]): GuideStep[] => {
    if (name !== undefined) {
      return [{ kind: "file", name, text }];
    }
    if (language !== "sh") {
      return [];
    }
    return text
      .trim()
      .split("\n")
      .map((line) => ({ kind: "command", line }));
  });
}
