import type { OpenNode } from "@pg-mig/sessions";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchFor2x } from "./beside-2x.js";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it("asks few of many nodes at a look, each in its turn, and hears of a run on the last one", async () => {
  const names = Array.from({ length: 70 }, (_, n) => `n${n}`);
  const nodes = names.map((name) => ({ node: { name, label: name } }) as unknown as OpenNode);
  const begun = {
    stored: " SELECT '';",
    xmin: "7",
    settings: 'search_path="$user"',
    path: "public",
  };
  let asked: string[] = [];
  const found: unknown[] = [];
  const end = watchFor2x({
    cluster: {
      ask: async ({ name }) => {
        asked.push(name);
        return { rows: name === "n69" ? [begun] : [] };
      },
    },
    nodes,
    known: new Map(),
    onFound: (error) => found.push(error),
  });
  const looks: string[][] = [];
  for (let look = 0; look < 4; look++) {
    asked = [];
    await vi.advanceTimersByTimeAsync(2000);
    looks.push(asked);
  }
  end();
  expect(looks.slice(0, 3).flat()).toEqual(names);
  expect(looks.map(({ length }) => length)).toEqual([32, 32, 6, 0]);
  expect(found).toEqual([expect.objectContaining({ code: "BESIDE_2X", where: { node: "n69" } })]);
});
