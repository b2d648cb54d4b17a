import {
  type Attributes,
  type Context,
  type Counter,
  context,
  type Histogram,
  type MeterProvider,
  metrics,
  type Span,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import type { ErrorInfo, RunEvent, RunObserver } from "@pg-mig/report";

/** Options of {@link otel}. */
export interface OtelOptions {
  /** Makes the spans. @default the provider that is registered in the process */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Makes the counters. @default the provider that is registered in the process */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * Sends what is still held back, after the last event: the process ends soon after it.
   * @default `forceFlush` of both providers, if they have it
   */
  readonly flush?: (() => unknown) | undefined;
}

/** Where a node is, by its label. */
interface NodeAddress {
  readonly host: string;
  readonly port: number | undefined;
  readonly database: string;
}

const scope = "@pg-mig/observer-otel";

/** The spans of one run. */
interface RunSpans {
  readonly run: Span;
  readonly inRun: Context;
  readonly action: string;
  readonly addresses: ReadonlyMap<string, NodeAddress>;
  /** The wave under way. */
  wave: { readonly span: Span; readonly inWave: Context } | undefined;
  /** Those of the wave, or, if there is none, of the run. */
  readonly nodes: Map<string, { readonly span: Span; readonly inNode: Context }>;
  readonly work: Map<string, Span>;
}

/**
 * An observer that traces a run: a span for the run, in it one for each wave, in it one for each node, in it one for
 * each step and for before.sql and after.sql; without waves the nodes are in the run. And it counts steps. Attributes are named by OpenTelemetry's conventions for
 * databases, what is pg-mig's own begins with `pg_mig.`. No SQL and no message of a server is in them but the
 * SQLSTATE and the code of the error.
 */
export function otel(options: OtelOptions = {}): RunObserver {
  const tracerProvider = options.tracerProvider ?? trace.getTracerProvider();
  const meterProvider = options.meterProvider ?? metrics.getMeterProvider();
  const tracer = tracerProvider.getTracer(scope);
  const meter = meterProvider.getMeter(scope);
  const steps: Counter = meter.createCounter("pg_mig.steps", {
    unit: "{step}",
    description: "Steps of migrations that ended, by how",
  });
  const durations: Histogram = meter.createHistogram("pg_mig.step.duration", {
    unit: "s",
    description: "How long steps took that were done",
  });
  let spans: RunSpans | undefined;

  const start = (event: Extract<RunEvent, { type: "run:start" }>) => {
    end(undefined);
    const { action, nodes, addresses } = event;
    const run = tracer.startSpan(
      `pg-mig ${action}`,
      {
        attributes: {
          "pg_mig.action": action,
          "pg_mig.shards": event.shards,
          "pg_mig.steps": event.steps,
        },
      },
      context.active(),
    );
    spans = {
      run,
      inRun: trace.setSpan(context.active(), run),
      action,
      addresses: new Map(
        nodes.map((node, index) => [node, parseAddress(addresses[index] ?? node)]),
      ),
      wave: undefined,
      nodes: new Map(),
      work: new Map(),
    };
  };

  const placeAttributes = (node: string, shard?: string): Attributes => {
    const { host, port, database } = spans?.addresses.get(node) ?? parseAddress(node);
    return {
      "db.system.name": "postgresql",
      "db.namespace": shard === undefined ? database : `${database}|${shard}`,
      "server.address": host,
      ...(port === undefined ? {} : { "server.port": port }),
      "pg_mig.node": node,
      ...(shard === undefined ? {} : { "pg_mig.shard": shard }),
    };
  };

  const nodeOf = ({ nodes, inRun, wave }: RunSpans, node: string) => {
    let known = nodes.get(node);
    if (known === undefined) {
      const parent = wave?.inWave ?? inRun;
      const span = tracer.startSpan(`node ${node}`, { attributes: placeAttributes(node) }, parent);
      known = { span, inNode: trace.setSpan(parent, span) };
      nodes.set(node, known);
    }
    return known;
  };

  const begin = (name: string, node: string, shard: string | undefined, more: Attributes) => {
    if (spans === undefined) {
      return;
    }
    const { inNode } = nodeOf(spans, node);
    const attributes = {
      ...placeAttributes(node, shard),
      "db.operation.name": spans.action,
      ...more,
    };
    spans.work.set(keyOf(node, shard), tracer.startSpan(name, { attributes }, inNode));
  };

  const finish = (
    { node, shard }: { readonly node: string; readonly shard?: string },
    outcome: string,
    error?: ErrorInfo,
  ) => {
    const key = keyOf(node, shard);
    const span = spans?.work.get(key);
    if (spans === undefined || span === undefined) {
      return;
    }
    span.setAttribute("pg_mig.outcome", outcome);
    if (error !== undefined) {
      markFailed(span, error);
      markFailed(nodeOf(spans, node).span, error);
      spans.wave?.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
    spans.work.delete(key);
  };

  /** Ends what is under way, and the wave that it is in. */
  const endWave = (outcome: string) => {
    if (spans === undefined) {
      return;
    }
    const { nodes, work, wave } = spans;
    for (const span of work.values()) {
      span.setAttribute("pg_mig.outcome", "broken-off");
      span.end();
    }
    work.clear();
    for (const { span } of nodes.values()) {
      span.end();
    }
    nodes.clear();
    wave?.span.setAttribute("pg_mig.outcome", outcome);
    wave?.span.end();
    spans.wave = undefined;
  };

  const startWave = ({ wave, shards, steps }: Extract<RunEvent, { type: "wave:start" }>) => {
    endWave("broken-off");
    if (spans === undefined) {
      return;
    }
    const attributes = { "pg_mig.wave": wave, "pg_mig.shards": shards, "pg_mig.steps": steps };
    const span = tracer.startSpan(`wave ${wave}`, { attributes }, spans.inRun);
    spans.wave = { span, inWave: trace.setSpan(spans.inRun, span) };
  };

  const end = (outcome: string | undefined) => {
    if (spans === undefined) {
      return;
    }
    endWave("broken-off");
    const { run } = spans;
    run.setAttribute("pg_mig.outcome", outcome ?? "broken-off");
    if (outcome === "failed") {
      run.setStatus({ code: SpanStatusCode.ERROR });
    }
    run.end();
    spans = undefined;
  };

  const count = (event: { readonly node: string; readonly version: string }, outcome: string) =>
    steps.add(1, {
      "pg_mig.node": event.node,
      "pg_mig.version": event.version,
      "pg_mig.outcome": outcome,
    });

  return {
    name: "otel",
    async onEvent(event) {
      switch (event.type) {
        case "run:start":
          start(event);
          break;
        case "wave:start":
          startWave(event);
          break;
        case "wave:done":
          endWave("done");
          break;
        case "step:start":
          begin(`step ${event.version}`, event.node, event.shard, {
            "pg_mig.version": event.version,
          });
          break;
        case "hook:start":
          begin(`hook ${event.file}`, event.node, undefined, { "pg_mig.file": event.file });
          break;
        case "hook:done":
          finish(event, "done");
          break;
        case "hook:failed":
          finish(event, "failed", event.error);
          break;
        case "step:done":
          count(event, "done");
          durations.record(event.durationMs / 1000, { "pg_mig.version": event.version });
          finish(event, "done");
          break;
        case "step:already-done":
          count(event, "already-done");
          finish(event, "already-done");
          break;
        case "step:failed":
          count(event, "failed");
          finish(event, "failed", event.error);
          break;
        case "step:in-doubt":
          count(event, "in-doubt");
          finish(event, "in-doubt", event.error);
          break;
        case "step:requeued":
          count(event, "requeued");
          finish(event, `requeued: ${event.reason}`);
          break;
        case "node:away":
        case "node:back":
        case "node:lost":
        case "node:paused":
        case "node:resumed":
          spans?.nodes.get(event.node)?.span.addEvent(event.type);
          break;
        case "run:done":
          end(event.report.outcome);
          await (options.flush ?? (() => flushAll(tracerProvider, meterProvider)))();
          break;
        default:
          break;
      }
    },
  };
}

function markFailed(span: Span, error: ErrorInfo): void {
  span.setAttribute("error.type", error.code);
  const state = error.server?.sqlState;
  if (state !== undefined) {
    span.setAttribute("db.response.status_code", state);
  }
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function keyOf(node: string, shard: string | undefined): string {
  return JSON.stringify([node, shard]);
}

/** `host:port/database` in its parts. */
function parseAddress(address: string): NodeAddress {
  const [, host = address, port, database = ""] = /^(.*):(\d+)\/(.*)$/s.exec(address) ?? [];
  return { host, port: port === undefined ? undefined : Number(port), database };
}

/** What the process has registered stands behind a proxy. */
async function flushAll(...providers: readonly object[]): Promise<void> {
  await Promise.all(
    providers.map(async (provider) => {
      const behind = hasMethod(provider, "getDelegate") ? provider.getDelegate() : provider;
      if (hasMethod(behind, "forceFlush")) {
        await behind.forceFlush();
      }
    }),
  );
}

function hasMethod<TName extends string>(
  value: unknown,
  name: TName,
): value is Record<TName, () => unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    name in value &&
    typeof (value as Record<string, unknown>)[name] === "function"
  );
}
