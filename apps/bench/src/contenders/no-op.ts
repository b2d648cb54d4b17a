import { measure } from "../measure.js";
import type { Contender } from "./contender.js";
import { pgMig } from "./pg-mig.js";

export const noOp: Contender = {
  name: "no-op",
  about: "the built command after it has applied all",
  async program(turn) {
    const program = await pgMig.program(turn);
    await measure(program);
    return program;
  },
};
