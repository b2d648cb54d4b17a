import { expect, it } from "vitest";
import * as face from "./index.js";

it("exports exactly this", () => {
  expect(Object.keys(face).sort()).toEqual([
    "ChainSchedule",
    "attemptStep",
    "blockersHint",
    "entryLostError",
    "isSameServer",
    "needsSessionLock",
    "runChains",
    "runHook",
    "runSqlOnNodes",
    "stepMessages",
    "withVariables",
  ]);
});
