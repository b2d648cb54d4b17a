import { ScriptError } from "@pg-mig/psql-script";
import { expect, it } from "vitest";
import { wordsAndHint } from "./words-and-hint.js";

const hint = "You might need to increase max_pred_locks_per_transaction.";
const server = Object.assign(new Error("out of shared memory"), {
  ...{ code: "53200", severity: "ERROR", hint },
  ...{ detail: undefined, position: undefined, where: undefined },
});

it("says what the server advises for a statement of a file, else what to raise", () => {
  const ofFile = new ScriptError("out of shared memory", {
    code: "SCRIPT_FAILED",
    part: "script",
    source: undefined,
    offset: undefined,
    server,
  });
  expect(wordsAndHint(ofFile)).toBe(`out of shared memory. ${hint}`);
  expect(wordsAndHint(server)).toBe("out of shared memory. Raise max_locks_per_transaction.");
});
