import { fuzz, withCode } from "@pg-mig/fuzz";
import fc from "fast-check";
import { it } from "vitest";
import { leaderOf } from "./cluster-leader.js";

it("finds a leader in every answer, or says why there is none", () => {
  const member = fc.oneof(
    fc.record(
      {
        role: fc.constantFrom("leader", "master", "replica", "standby_leader", 7, null),
        host: fc.oneof(fc.constant("10.0.0.1"), fc.jsonValue()),
        port: fc.oneof(fc.constant(5432), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  );
  const answer = fc.oneof(
    fc.record(
      { members: fc.oneof(fc.array(member), fc.jsonValue()), scope: fc.constantFrom("app", 1) },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  );
  fuzz(
    "answers of Patroni",
    answer,
    withCode("DISCOVERY_FAILED", (cluster: unknown) => leaderOf(cluster, "app")),
  );
});
