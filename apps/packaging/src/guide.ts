/** What a guide tells its reader to do, in order. */
export type GuideStep =
  | { readonly kind: "file"; readonly name: string; readonly text: string }
  | { readonly kind: "command"; readonly line: string }
  | {
      readonly kind: "session";
      readonly line: string;
      /** What the guide says that the command prints. */
      readonly output: string;
      /** Whether the command runs on while the reader goes on. */
      readonly end: "awaited" | "open";
    };

const block = /^```(\w+)(?: (\S+))?\n(.*?)^```$/gms;

/**
 * Takes the steps out of a guide in Markdown: a code block whose language is followed by a file's
 * name is that file, and each line of a block in `sh` is a command. A block in `console` is a command
 * after a `$` and what it prints; `console leave-running` is one that does not end. Pure.
 */
export function guideSteps(markdown: string): GuideStep[] {
  return [...markdown.matchAll(block)].flatMap(([, language, name, text = ""]): GuideStep[] => {
    if (language === "console") {
      const [first = "", ...output] = text.trimEnd().split("\n");
      const end = name === "leave-running" ? "open" : "awaited";
      return [{ kind: "session", line: first.replace(/^\$ /, ""), output: output.join("\n"), end }];
    }
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

/** The guide with these outputs in the place of those of its sessions, in order. Pure. */
export function withOutputs(markdown: string, outputs: readonly string[]): string {
  const left = [...outputs];
  return markdown.replace(block, (found: string, language: string, _name, text: string) => {
    if (language !== "console") {
      return found;
    }
    const [head] = found.split("\n", 1);
    const [command] = text.split("\n", 1);
    const output = left.shift();
    return [head, command, ...(output ? [output] : []), "```"].join("\n");
  });
}
