import type { Flags } from "@pg-mig/config";
import {
  applySettings,
  type CommandDefinition,
  type CommandLine,
  planSettings,
} from "./command-definition.js";
import { refuseForeignSettings } from "./command-line-complaint.js";
import { commandLineError, expectedWord } from "./command-line-error.js";
import { applyCommand } from "./commands/apply.js";
import { chainCommand } from "./commands/chain.js";
import { digestCommand } from "./commands/digest.js";
import { listCommand } from "./commands/list.js";
import { listDbCommand } from "./commands/list-db.js";
import { makeCommand } from "./commands/make.js";
import { undoCommand } from "./commands/undo.js";
import { wantedDryRun } from "./dry-option.js";

/** The command line of 2.x: at most one action, as an option. */
export function withoutCommand(options: Readonly<Record<string, unknown>>): CommandLine {
  const { undo, make, chain, list, dry, ...flags } = options;
  const requests: { option: string; command: CommandDefinition; argument?: string }[] = [];
  if (undo !== undefined) {
    requests.push({
      option: "undo",
      command: undoCommand,
      ...(undo === true ? {} : { argument: String(undo) }),
    });
  }
  if (make !== undefined) {
    requests.push({ option: "make", command: makeCommand, argument: String(make) });
  }
  if (chain !== undefined) {
    if (chain !== true && chain !== "") {
      throw commandLineError(`--chain takes no value, but got "${chain}".`, "Leave it out.");
    }
    requests.push({ option: "chain", command: chainCommand });
  }
  if (list !== undefined) {
    const isList = list === true || list === "";
    if (!isList) {
      expectedWord("--list", String(list), ["digest", "db"], 'nothing, "digest" or "db"');
    }
    const command = isList ? listCommand : list === "db" ? listDbCommand : digestCommand;
    requests.push({ option: isList ? "list" : `list=${list}`, command });
  }
  if (requests.length > 1) {
    throw commandLineError(
      `These actions exclude each other: ${requests.map(({ option }) => `--${option}`).join(", ")}.`,
      "Give one of them: nothing was changed.",
    );
  }
  const [request = { option: "apply", command: applyCommand }] = requests;
  const { command, argument } = request;
  const known = command === applyCommand ? applySettings : planSettings;
  refuseForeignSettings(request.option, flags, known);
  if (wantedDryRun(dry) !== undefined && (command === makeCommand || command === chainCommand)) {
    throw commandLineError(
      `--${request.option} writes files: it has no dry run.`,
      "Leave --dry out, or the action.",
    );
  }
  const args = argument === undefined ? [] : [argument];
  return { command, input: { arguments: args, options: { dry } }, flags: flags as Flags };
}
