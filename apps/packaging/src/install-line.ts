/** A line `npm install …` of a guide. */
export interface InstallLine {
  readonly names: readonly string[];
  /** Where it writes them in the package.json. */
  readonly saved: "dependencies" | "devDependencies";
}

const form = /^npm install( --save-dev)?((?: (?:@[\w-]+\/)?[\w.-]+)+) *(?:#.*)?$/;

/** Takes a command apart; undefined, if it is another one. Throws on an install that it does not understand. Pure. */
export function installLine(line: string): InstallLine | undefined {
  if (!line.startsWith("npm install ")) {
    return undefined;
  }
  const [, dev, names] = form.exec(line) ?? [];
  if (names === undefined) {
    throw new Error(`Not understood: ${line}`);
  }
  return {
    names: names.trim().split(" "),
    saved: dev === undefined ? "dependencies" : "devDependencies",
  };
}
