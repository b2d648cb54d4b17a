import type { Command } from "commander";
import { refuse, unknownCommand } from "./command-line-complaint.js";
import { commandLineError, expectedWord, suggestion } from "./command-line-error.js";
import type { CompletionPlace } from "./completion/completion-command.js";
import { shells } from "./completion/shell-protocol.js";
import { errorPage } from "./error-page.js";
import { helpOption, sentence } from "./help-text.js";
import { completionCommand, completionTable, helpCommand } from "./option-table.js";

/** What the program says of itself, and where. */
export interface CommandLineOutput extends CompletionPlace {
  readonly version: string;
  /** The width that help is wrapped at. */
  readonly columns: number;
  writeOut(text: string): void;
}

/** Prints the script for a shell; the script calls it again, with the words that were typed. */
export function addCompletionCommand(program: Command, output: CommandLineOutput): void {
  program
    .command(completionCommand.name)
    .summary(completionCommand.help)
    .description(`${sentence(completionCommand.help)}\n\n${completionCommand.details}`)
    .argument("[shell]", completionCommand.argument.help)
    .usage("<shell>")
    .argument("[words...]")
    .addHelpOption(helpOption("print this help"))
    .exitOverride((error) => refuse(error, completionCommand.name))
    .action(async (typed: string | undefined, [complete, ...words]: string[]) => {
      const expected = shells.join(", ");
      const shell = expectedWord("completion", typed ?? "", shells, `one of ${expected}`);
      const { completionAnswer, printScript } = await import("./completion/completion-command.js");
      if (complete === undefined) {
        printScript(shell, output.writeOut);
      } else {
        output.writeOut(await completionAnswer(shell, words, completionTable, output));
      }
    });
}

/**
 * Prints the help of a command, or what is known of the code of an error.
 *
 * @param addOptions gives a command what it takes, before its help is made.
 */
export function addHelpCommand(
  program: Command,
  { columns, writeOut }: CommandLineOutput,
  addOptions: (command: Command) => void,
): void {
  program
    .command(helpCommand.name)
    .summary(helpCommand.help)
    .description(sentence(helpCommand.help))
    .argument(helpCommand.argument.name, helpCommand.argument.help)
    .addHelpOption(helpOption("print this help"))
    .exitOverride((error) => refuse(error, helpCommand.name))
    .action(async (about: string | undefined) => {
      const command = program.commands.find((one) => one.name() === about);
      if (about === undefined) {
        program.outputHelp();
      } else if (command !== undefined) {
        addOptions(command);
        command.outputHelp();
      } else if (/^[A-Z_]+$/.test(String(about))) {
        const { errorCodes, explainedCode } = await import("./error-codes.js");
        const all = errorCodes.flatMap(({ codes }) => codes);
        const found = all.find(({ code }) => code === about);
        if (found === undefined) {
          throw commandLineError(
            `There is no error code ${about}.`,
            suggestion(
              String(about),
              all.map(({ code }) => code),
              `All codes are on the page ${errorPage}.`,
            ),
          );
        }
        const help = program.createHelp();
        writeOut(explainedCode(found, (text) => help.boxWrap(text, columns)));
      } else {
        throw unknownCommand(String(about));
      }
    });
}
