import { once } from "node:events";
import { createServer } from "node:http";
import { context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { RunEvent } from "@pg-mig/report";
import { describeObserver, failureOn, reportOf } from "@pg-mig/report/observer-testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { otel } from "./otel-observer.js";

interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status?: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: object }[];
}

/** A receiver of OTLP/JSON, and an observer that sends to it. */
async function traced() {
  const received: ReceivedSpan[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) {
      body += chunk;
    }
    for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
      received.push(...scopeSpans.flatMap((scope: { spans: ReceivedSpan[] }) => scope.spans));
    }
    response.setHeader("content-type", "application/json").end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address() as { port: number };
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${address.port}/v1/traces` });
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const kept = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: kept });
  const meterProvider = new MeterProvider({ readers: [reader] });
  onTestFinished(async () => {
    await tracerProvider.shutdown();
    await meterProvider.shutdown();
  });
  const observer = otel({ tracerProvider, meterProvider });
  const attributesOf = (span: ReceivedSpan | undefined) =>
    Object.fromEntries(
      (span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
    );
  return {
    received,
    kept,
    attributesOf,
    tell: async (events: readonly RunEvent[]) => {
      for (const event of events) {
        await observer.onEvent(event);
      }
    },
  };
}

const step = (shard: string) => ({ node: "db1", shard, version: "1.a.sh" });
const events: readonly RunEvent[] = [
  {
    type: "run:start",
    action: "apply",
    nodes: ["db1"],
    addresses: ["db1.example.com:5432/app"],
    shards: 3,
    chains: 3,
    steps: 3,
    stepsByNode: [{ node: "db1", steps: 3 }],
    stepsByVersion: [{ version: "1.a.sh", steps: 3 }],
  },
  { type: "hook:start", node: "db1", file: "before.sql" },
  { type: "hook:done", node: "db1", file: "before.sql", durationMs: 1 },
  { type: "step:start", ...step("sh1") },
  { type: "step:start", ...step("sh2") },
  { type: "step:done", ...step("sh1"), durationMs: 40 },
  { type: "step:failed", durationMs: 3, ...failureOn("db1", "sh2", { version: "1.a.sh" }) },
  { type: "step:start", ...step("sh3") },
  { type: "step:requeued", ...step("sh3"), reason: "lock-timeout", attempt: 1, delayMs: 1 },
  { type: "step:start", ...step("sh3") },
  { type: "run:done", report: reportOf({ outcome: "failed" }) },
];

describe("otel", () => {
  describeObserver(() => otel(), { describe, it });

  it("nests run, wave, node and step, a node once in each wave", async () => {
    const { tell, received, attributesOf } = await traced();
    const [start, ...rest] = events;
    const wave = (name: string, number: number): RunEvent => ({
      ...{ type: "wave:start", wave: name, number, of: 2, shards: 2, chains: 1, steps: 1 },
    });
    await tell([
      ...(start === undefined ? [] : [start]),
      wave("canary", 1),
      { type: "step:start", ...step("sh1") },
      { type: "step:done", ...step("sh1"), durationMs: 40 },
      { type: "wave:done", wave: "canary", shards: 2 },
      { type: "wave:soak", wave: "canary", leftMs: 1 },
      wave("rest", 2),
      ...rest,
    ]);
    const [run] = received.filter(({ name }) => name === "pg-mig apply");
    const waves = ["canary", "rest"].map((name) =>
      received.find((span) => span.name === `wave ${name}`),
    );
    const nodes = received.filter(({ name }) => name === "node db1");
    expect(waves.map((span) => span?.parentSpanId)).toEqual([run?.spanId, run?.spanId]);
    expect(nodes.map(({ parentSpanId }) => parentSpanId)).toEqual(
      waves.map((span) => span?.spanId),
    );
    const work = received.filter(({ name }) => /^(step|hook) /.test(name));
    expect(work.map(({ parentSpanId }) => parentSpanId)).toEqual([
      nodes[0]?.spanId,
      ...Array.from({ length: 5 }, () => nodes[1]?.spanId),
    ]);
    expect(waves.map(attributesOf)).toEqual([
      { "pg_mig.wave": "canary", "pg_mig.shards": 2, "pg_mig.steps": 1, "pg_mig.outcome": "done" },
      {
        "pg_mig.wave": "rest",
        "pg_mig.shards": 2,
        "pg_mig.steps": 1,
        "pg_mig.outcome": "broken-off",
      },
    ]);
    expect(waves.map((span) => span?.status?.code ?? 0)).toEqual([0, 2]);
  });

  it("sends spans that nest run, node and step, with the attributes of a database", async () => {
    const { tell, received, attributesOf } = await traced();
    await tell(events);
    const [run] = received.filter(({ name }) => name === "pg-mig apply");
    const [node] = received.filter(({ name }) => name === "node db1");
    const steps = received.filter(({ name }) => name === "step 1.a.sh");
    const [hook] = received.filter(({ name }) => name === "hook before.sql");
    expect(received).toHaveLength(7);
    expect(run?.parentSpanId).toBeFalsy();
    expect(node?.parentSpanId).toBe(run?.spanId);
    expect([hook, ...steps].map((span) => span?.parentSpanId)).toEqual(
      Array.from({ length: 5 }, () => node?.spanId),
    );
    expect(new Set(received.map(({ traceId }) => traceId)).size).toBe(1);
    const bySteps = steps.map(attributesOf);
    expect(bySteps.find((span) => span["pg_mig.shard"] === "sh1")).toEqual({
      "db.system.name": "postgresql",
      "db.namespace": "app|sh1",
      "db.operation.name": "apply",
      "server.address": "db1.example.com",
      "server.port": 5432,
      "pg_mig.node": "db1",
      "pg_mig.shard": "sh1",
      "pg_mig.version": "1.a.sh",
      "pg_mig.outcome": "done",
    });
    expect(bySteps.find((span) => span["pg_mig.shard"] === "sh2")).toMatchObject({
      "pg_mig.outcome": "failed",
      "error.type": "SCRIPT_FAILED",
      "db.response.status_code": "42601",
    });
    const ofThird = bySteps.filter((span) => span["pg_mig.shard"] === "sh3");
    expect(ofThird.map((span) => span["pg_mig.outcome"])).toEqual([
      "requeued: lock-timeout",
      "broken-off",
    ]);
    expect([run, node].map((span) => span?.status?.code)).toEqual([2, 2]);
    expect(JSON.stringify(received)).not.toContain("orders");
  });

  it("is part of the trace in which it runs", async () => {
    const { tell, received } = await traced();
    const traceId = "0123456789abcdef0123456789abcdef";
    const outside = trace.setSpanContext(context.active(), {
      traceId,
      spanId: "0123456789abcdef",
      traceFlags: 1,
    });
    // Without a context manager nothing is active: the provider of the process decides.
    context.setGlobalContextManager({
      active: () => outside,
      with: (_, work, self, ...args) => work.call(self as never, ...(args as never)),
      bind: (_, target) => target,
      enable: () => context as never,
      disable: () => context as never,
    });
    onTestFinished(() => context.disable());
    await tell(events);
    expect(new Set(received.map((span) => span.traceId))).toEqual(new Set([traceId]));
  });

  it("counts steps by how they ended", async () => {
    const { tell, kept } = await traced();
    await tell(events);
    const all = kept
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    const steps = all.find(({ descriptor }) => descriptor.name === "pg_mig.steps");
    const counts = steps?.dataPoints.map(({ attributes, value }) => [
      attributes["pg_mig.outcome"],
      value,
    ]);
    expect(counts).toEqual([
      ["done", 1],
      ["failed", 1],
      ["requeued", 1],
    ]);
    const durations = all.find(({ descriptor }) => descriptor.name === "pg_mig.step.duration");
    expect(durations?.dataPoints[0]?.value).toMatchObject({ count: 1, sum: 0.04 });
  });
});
