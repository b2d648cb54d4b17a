import type { Contender } from "./contender.js";
import { ownProgram } from "./own-program.js";

export const raw: Contender = {
  name: "raw",
  about: "the same SQL and transactions, one message each over kept pg connections; no ledger",
  program: (turn) => ownProgram("raw-client", turn),
};
