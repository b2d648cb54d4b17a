import { describe, expect, it } from "vitest";
import { blockersHint } from "./blocked.js";

describe("blockersHint", () => {
  it("says how to end a process, and how to find and end a prepared transaction, which has none", () => {
    expect(blockersHint([{ pid: 7, state: "idle" }])).toBe(
      "In its way: process 7 (idle). Let that end (or end it there: SELECT pg_terminate_backend(7);), then run pg-mig again.",
    );
    expect(blockersHint([{ pid: 0 }])).toBe(
      "In its way: a prepared transaction. Let that end (or end it there: COMMIT PREPARED or ROLLBACK PREPARED, see pg_prepared_xacts), then run pg-mig again.",
    );
    expect(blockersHint([{ pid: 0 }, { pid: 7 }])).toContain(
      "(or end it there: COMMIT PREPARED or ROLLBACK PREPARED, see pg_prepared_xacts; SELECT pg_terminate_backend(7);)",
    );
    expect(blockersHint([])).toBeUndefined();
  });

  it("says who is shown more, if the server shows nothing but the process", () => {
    const more = "its work is shown to members of pg_read_all_stats";
    expect(blockersHint([{ pid: 7 }])).toContain(`process 7 (${more})`);
    expect(blockersHint([{ pid: 7, user: "app" }])).toContain(`process 7 (user app, ${more})`);
  });
});
