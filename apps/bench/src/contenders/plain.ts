import type { Contender } from "./contender.js";
import { ownProgram } from "./own-program.js";

export const plain: Contender = {
  name: "plain",
  about: "hand-written on a bare socket: our guard, ledger, COMMIT of its own and reset; the floor",
  program: (turn) => ownProgram("plain-client", turn),
};

export const plainAhead: Contender = {
  name: "plain ahead",
  about: "the same, with the work of the next step in the write that carries a COMMIT",
  program: (turn) => ownProgram("plain-client", turn, "ahead"),
};
