import type { Contender } from "./contender.js";
import { ownProgram } from "./own-program.js";

export const barePg: Contender = {
  name: "bare pg",
  about: "a program that connects to each node with pg and asks one query",
  program: (turn) => ownProgram("bare-pg-client", turn),
};
