import { PgMigError } from "@pg-mig/model";
import { isInterruption, isOutOfMemory, maxConnectionLosses, retryReason } from "@pg-mig/sessions";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AttemptConditions,
  type Attempted,
  afterAttempt,
  needsFewerSlots,
  type Tried,
} from "./after-attempt.js";

const untried: Tried = {
  attempts: 0,
  triedForMs: 0,
  connectionLosses: 0,
  inDoubt: undefined,
  givenUp: false,
};

const serverError = (code: string) =>
  Object.assign(new Error(`SQLSTATE ${code}`), { severity: "ERROR", code });
/** Of each kind that matters, and some that only fail. */
const anyError = fc
  .constantFrom("55P03", "40P01", "40001", "53200", "57014", "42601", "23505", "25006")
  .map(serverError);
const lost = new PgMigError("The connection was lost.", { code: "CONNECTION_LOST" });

const anyAttempted: fc.Arbitrary<Attempted> = fc.oneof(
  fc
    .constantFrom("shard-taken" as const, "ledger-changed" as const)
    .map((reason) => ({ type: "refused", reason }) as const),
  anyError.map((error) => ({ type: "failed", error }) as const),
  fc.constantFrom("lost" as const, "in-doubt" as const).map((type) => ({ type, error: lost })),
);
const anyForm = fc.constantFrom(
  { isTransaction: true, isRepeatable: true },
  { isTransaction: false, isRepeatable: true },
  { isTransaction: false, isRepeatable: false },
);
const anyConditions: fc.Arbitrary<AttemptConditions> = fc
  .record({
    shard: fc.constant("sh1"),
    durationMs: fc.nat(5000),
    form: anyForm,
    alone: fc.boolean(),
    interrupted: fc.boolean(),
    retryForMs: fc.nat(20_000),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ form, ...conditions }) => ({ ...conditions, ...form }));

/** The attempts of a version up to its end, as a run makes them: what was given up is only looked for. */
function play(
  outcomes: readonly (readonly [Attempted, AttemptConditions])[],
  see: (played: Played) => void,
): void {
  let tried = untried;
  for (const [drawn, conditions] of outcomes) {
    const isFound = drawn.type === "failed";
    const attempted: Attempted = tried.givenUp && isFound ? { type: "absent" } : drawn;
    const before = tried;
    const after = afterAttempt(before, attempted, conditions);
    see({ before, attempted, conditions, ...after });
    tried = after.tried;
    if (after.decision.type !== "requeue") {
      return;
    }
  }
}

type Played = ReturnType<typeof afterAttempt> & {
  readonly before: Tried;
  readonly attempted: Attempted;
  readonly conditions: AttemptConditions;
};

const anyStory = fc.array(fc.tuple(anyAttempted, anyConditions), { minLength: 1, maxLength: 12 });

function always(property: (played: Played) => void): void {
  fc.assert(
    fc.property(anyStory, (outcomes) => play(outcomes, property)),
    { numRuns: 2000 },
  );
}

describe("afterAttempt", () => {
  it("counts attempts, their time and the pauses after them", () => {
    always(({ before, conditions, decision, tried }) => {
      expect(tried.attempts).toBe(before.attempts + 1);
      const pauseMs = decision.type === "requeue" ? decision.delayMs : 0;
      expect(tried.triedForMs).toBe(before.triedForMs + conditions.durationMs + pauseMs);
    });
  });

  it("tries nothing again after its time is spent, and then tells of all the time", () => {
    always(({ before, conditions, decision, attempted }) => {
      const spentMs = before.triedForMs + conditions.durationMs;
      if (decision.type === "requeue") {
        expect(spentMs).toBeLessThan(conditions.retryForMs);
      }
      if (decision.type === "failed" && attempted.type === "refused") {
        expect(spentMs).toBeGreaterThanOrEqual(conditions.retryForMs);
        expect(decision).toMatchObject({ durationMs: spentMs, error: { code: "SHARD_TAKEN" } });
      }
    });
  });

  it("pauses for less, the less chance says, and never for longer than a minute", () => {
    always(({ before, conditions, decision, attempted }) => {
      if (decision.type !== "requeue") {
        return;
      }
      const { reason, delayMs } = decision;
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(reason === "shard-taken" ? 2000 : 60_000);
      const atOnce = afterAttempt(before, attempted, { ...conditions, random: 0 });
      expect(atOnce.decision).toEqual({ ...decision, delayMs: 0 });
    });
  });

  it("reads the ledger if it is another one, whatever happened before", () => {
    always(({ attempted, decision }) => {
      const changed = attempted.type === "refused" && attempted.reason === "ledger-changed";
      expect(decision.type === "read-ledger").toBe(changed);
    });
  });

  it("never forgets a commit without an answer, and calls it failed only after it was looked for", () => {
    always(({ before, attempted, tried, decision, conditions }) => {
      if (attempted.type === "absent") {
        expect(tried.inDoubt).toBeUndefined();
        expect(decision).toMatchObject({ type: "failed", error: before.inDoubt });
      } else if (attempted.type === "in-doubt") {
        expect(tried.inDoubt).toBe(attempted.error);
      } else {
        expect(tried.inDoubt).toBe(before.inDoubt);
      }
      const isLoss = attempted.type === "lost" || attempted.type === "in-doubt";
      if (isLoss && tried.inDoubt !== undefined && tried.triedForMs < conditions.retryForMs) {
        expect(decision).toMatchObject({ type: "requeue", reason: "connection-lost" });
      }
    });
  });

  it("gives up after four broken connections: what is in doubt is looked for, all else has failed", () => {
    always(({ before, attempted, tried, decision, conditions }) => {
      const isLoss = attempted.type === "lost" || attempted.type === "in-doubt";
      expect(tried.connectionLosses).toBe(before.connectionLosses + (isLoss ? 1 : 0));
      if (isLoss) {
        const isDone = tried.inDoubt !== undefined && !conditions.isRepeatable;
        expect(tried.givenUp).toBe(tried.connectionLosses > maxConnectionLosses || isDone);
      }
      if (isLoss && tried.givenUp && tried.inDoubt === undefined) {
        expect(decision).toMatchObject({ type: "failed", error: attempted.error });
      }
    });
    expect(maxConnectionLosses).toBe(3);
  });

  it("tries what is no transaction again only if it may be committed, or never began", () => {
    always(({ attempted, conditions, decision, tried }) => {
      if (decision.type === "requeue" && !conditions.isTransaction) {
        expect(tried.inDoubt !== undefined || attempted.type === "refused").toBe(true);
      }
    });
  });

  it("never runs again what has committed parts of its work, but looks whether it is there", () => {
    always(({ before, attempted, conditions, decision, tried }) => {
      if (decision.type === "requeue" && !conditions.isRepeatable) {
        const wasRefused = attempted.type === "refused";
        expect(wasRefused ? tried.givenUp === before.givenUp : tried.givenUp).toBe(true);
      }
    });
  });

  it("tries a failure again only if time can help, and fewer shards at once only beside others", () => {
    always(({ attempted, conditions, decision }) => {
      if (attempted.type !== "failed") {
        return;
      }
      const { error } = attempted;
      const mayPass =
        retryReason(error) !== undefined || (isOutOfMemory(error) && !conditions.alone);
      if (conditions.interrupted && conditions.isRepeatable && isInterruption(error)) {
        expect(decision).toEqual({ type: "interrupted" });
      } else if (!mayPass || !conditions.isTransaction) {
        const { durationMs } = conditions;
        expect(decision).toEqual({ type: "failed", error, durationMs });
      } else if (decision.type === "requeue") {
        expect(decision.reason).toBe(retryReason(error) ?? "out-of-memory");
      } else {
        expect(decision.type).toBe("failed");
      }
    });
  });

  it("asks for fewer slots if room is why it tries again, or would if it had time left", () => {
    always(({ before, attempted, conditions }) => {
      const patient = { ...conditions, retryForMs: Number.POSITIVE_INFINITY };
      const { decision } = afterAttempt(before, attempted, patient);
      const isForRoom = decision.type === "requeue" && decision.reason === "out-of-memory";
      expect(needsFewerSlots(attempted, conditions)).toBe(isForRoom);
    });
  });
});
