import { describe, expect, it } from "vitest";
import { completionTable } from "../option-table.js";
import { completionsOf } from "./completions.js";

const names = {
  versions: async () => ["1.a.sh", "2.b.sh", "3.$(rm).sh"],
  conditions: async () => ({ host: ["db1"], region: ["eu", "us"] }),
};

async function words(...typed: string[]): Promise<readonly string[]> {
  const { list } = await completionsOf(typed, completionTable, names);
  return list.map(({ word }) => word);
}

describe("completionsOf", () => {
  it("offers all commands, then those that begin like it", async () => {
    expect(await words("")).toEqual(completionTable.commands.map(({ name }) => name));
    expect(await words("--json", "d")).toEqual(["drift", "digest"]);
  });

  it("offers the options of the command, and before it those of the program", async () => {
    expect(await words("drift", "--a")).toEqual(["--against"]);
    expect(await words("--mig")).toEqual(["--migdir"]);
    expect(await words("--ch")).toEqual(["--chain"]);
    expect(await words("make", "--h")).toEqual([]);
  });

  it.each([
    [["--color="], ["--color=auto", "--color=always", "--color=never"]],
    [
      ["--color", "a"],
      ["auto", "always"],
    ],
    [["drift", "--against=m"], ["--against=majority"]],
    [["--list=d"], ["--list=digest", "--list=db"]],
    [["completion", "z"], ["zsh"]],
    [["help", "pl"], ["plan"]],
    // The latest first; what a shell would obey is not offered.
    [
      ["undo", ""],
      ["2.b.sh", "1.a.sh"],
    ],
    [["--undo=2"], ["--undo=2.b.sh"]],
    // Neither a second argument, nor a command after the value of an option.
    [["undo", "1.a.sh", ""], []],
    [["--db", "status", "undo", "1"], ["1.a.sh"]],
    [["--only="], ["--only=failed", "--only=host=", "--only=region="]],
    [["--only", "host=db1,reg"], ["host=db1,region="]],
    [["--only=region=e"], ["--only=region=eu"]],
    [["--only=color=e"], []],
  ])("%j: %j", async (typed, expected) => {
    expect(await words(...typed)).toEqual(expected);
  });

  it.each([
    ["--migdir=", "directories"],
    ["--report=", "files"],
    ["--color=x", "nothing"],
  ])("leaves %s to the shell: %s", async (typed, otherwise) => {
    expect(await completionsOf([typed], completionTable, names)).toEqual({ list: [], otherwise });
  });
});
