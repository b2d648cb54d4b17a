import { expect, it } from "vitest";
import { exitStatus, exitStatusTexts } from "./exit-status.js";

it("tells of every exit status, and of no other", () => {
  const told = exitStatusTexts.flatMap(([status]) => status.split(", ").map(Number));
  expect(told.sort()).toEqual(Object.values(exitStatus).map(Number).sort());
});
