import { PgMigError } from "@pg-mig/model";
import type { NodeEvent } from "@pg-mig/report";
import { describe, expect, it } from "vitest";
import { NodePresence } from "./node-presence.js";

const node = { name: "db1:5432/app", label: "db1", host: "db1" };
const down = new PgMigError("No server accepts connections.", { code: "NODE_UNREACHABLE" });
const starting = new PgMigError("It is starting.", { code: "NODE_STARTING" });

function observed() {
  const events: NodeEvent[] = [];
  const clock = { nowMs: 0 };
  const presence = new NodePresence(
    (event) => events.push(event),
    () => clock.nowMs,
  );
  return { presence, events, clock };
}

describe("NodePresence", () => {
  it("tells once that a node is away, however many wait for it, and until when", () => {
    const { presence, events, clock } = observed();
    expect(presence.missed(node, down, 60_000)).toBe(60_000);
    clock.nowMs = 1000;
    expect(presence.missed(node, down, 60_000)).toBe(59_000);
    expect(events).toMatchObject([{ type: "node:away", node: "db1", leftMs: 60_000 }]);
  });

  it("tells again when the reason is another one, and when the node is back", () => {
    const { presence, events, clock } = observed();
    presence.missed(node, down, 60_000);
    clock.nowMs = 3000;
    presence.missed(node, starting, 60_000);
    clock.nowMs = 4000;
    presence.seen(node);
    presence.seen(node);
    expect(events.slice(1)).toMatchObject([
      { type: "node:away", leftMs: 57_000, error: { code: "NODE_STARTING" } },
      { type: "node:back", node: "db1", awayMs: 4000 },
    ]);
  });

  it("gives all that wait the same end, and tells it once", () => {
    const { presence, events, clock } = observed();
    presence.missed(node, down, 5000);
    clock.nowMs = 5000;
    expect(presence.missed(node, down, 60_000)).toBe(0);
    presence.lost(node, down);
    expect(presence.missed(node, down, 60_000)).toBe(0);
    presence.lost(node, down);
    expect(events.map(({ type }) => type)).toEqual(["node:away", "node:lost"]);
  });

  it("has nobody wait longer than they would", () => {
    const { presence } = observed();
    presence.missed(node, down, 60_000);
    expect(presence.missed(node, down, 0)).toBe(0);
  });

  it("waits anew for a node that was back in between", () => {
    const { presence, clock } = observed();
    presence.missed(node, down, 5000);
    clock.nowMs = 4000;
    presence.seen(node);
    clock.nowMs = 9000;
    expect(presence.missed(node, down, 5000)).toBe(5000);
  });

  it("says nothing of a node that is not waited for but that it is lost", () => {
    const { presence, events } = observed();
    expect(presence.missed(node, down, 0)).toBe(0);
    presence.lost(node, down);
    expect(events).toMatchObject([{ type: "node:lost", awayMs: 0 }]);
  });
});
