import type { CommandDefinition } from "./command-definition.js";
import { adoptCommand } from "./commands/adopt.js";
import { applyCommand } from "./commands/apply.js";
import { chainCommand } from "./commands/chain.js";
import { digestCommand } from "./commands/digest.js";
import { driftCommand } from "./commands/drift.js";
import { historyCommand } from "./commands/history.js";
import { initCommand } from "./commands/init.js";
import { listCommand } from "./commands/list.js";
import { makeCommand } from "./commands/make.js";
import { pauseCommand } from "./commands/pause.js";
import { planCommand } from "./commands/plan.js";
import { rehearseCommand } from "./commands/rehearse.js";
import { statusCommand } from "./commands/status.js";
import { undoCommand } from "./commands/undo.js";

/** All commands, in the order of the help. A new one is a file of its own and a line here. */
export const commands: readonly CommandDefinition[] = [
  applyCommand,
  undoCommand,
  planCommand,
  statusCommand,
  driftCommand,
  rehearseCommand,
  adoptCommand,
  historyCommand,
  pauseCommand,
  initCommand,
  makeCommand,
  chainCommand,
  listCommand,
  digestCommand,
];
