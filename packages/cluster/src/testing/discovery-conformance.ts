import type { DiscoveryContext, DiscoverySource } from "../discovery-source.js";
import type { NodeDefaults, NodeSpec } from "../node-spec.js";
import { nodeSpecProblem } from "../node-spec-problem.js";
import { withoutPrinting } from "./without-printing.js";

/** The source under test, and what it should find. */
export interface ConformanceSubject {
  /** Makes a source whose nodes can be found. Called for each case. */
  create(): DiscoverySource | Promise<DiscoverySource>;
  /** The nodes that it finds, as far as they matter; the order does not. */
  readonly expected?: readonly Partial<NodeSpec>[];
  /** Makes a source whose service is down, or answers nonsense. Without it, case 6 is left out. */
  createFailing?(): DiscoverySource | Promise<DiscoverySource>;
  /** Makes a source whose service takes a question and never answers. Without it, case 8 is left out. */
  createHanging?(): DiscoverySource | Promise<DiscoverySource>;
  /** Texts that no name, log line or error may show: passwords, tokens. @default [] */
  readonly secrets?: readonly string[];
  /** What the source finds in its context. */
  readonly defaults?: NodeDefaults;
  /** How long it may go on after the signal was aborted, in milliseconds. @default 5000 */
  readonly endsWithinMs?: number;
}

/** One rule of the contract; `run` rejects, with a sentence, where the source breaks it. */
export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * The contract of a `DiscoverySource`, as cases that any test runner can run:
 *
 * 1. It has a name of one line.
 * 2. It gives at least one node, and each is a `NodeSpec`.
 * 3. It finds the expected nodes, and no others (where `expected` is given).
 * 4. Asked again, it gives the same nodes; so it does when it is asked twice at once.
 * 5. It prints nothing, and shows no secret in its name or log.
 * 6. Where its service is down it fails, with an error that shows no secret; it does not give
 *    fewer nodes (where `createFailing` is given).
 * 7. With a signal that is aborted already, it ends.
 * 8. Aborted while it waits for its service, it ends (where `createHanging` is given).
 */
export function discoveryConformance(subject: ConformanceSubject): ConformanceCase[] {
  const cases: ConformanceCase[] = [
    { name: "1. has a name of one line", run: () => checkName(subject) },
    { name: "2. gives nodes", run: () => checkNodes(subject) },
    { name: "4. gives the same nodes whenever it is asked", run: () => checkRepeat(subject) },
    { name: "5. prints nothing and tells no secret", run: () => checkSilence(subject) },
    { name: "7. ends if the signal is aborted already", run: () => checkAborted(subject) },
  ];
  const { expected, createFailing, createHanging } = subject;
  if (expected !== undefined) {
    cases.push({
      name: "3. finds the expected nodes",
      run: () => checkExpected(subject, expected),
    });
  }
  if (createFailing !== undefined) {
    cases.push({
      name: "6. fails if its service fails",
      run: async () => checkFailure(await subject.createFailing?.(), subject),
    });
  }
  if (createHanging !== undefined) {
    cases.push({
      name: "8. ends when the signal is aborted",
      run: async () => checkAbort(await subject.createHanging?.(), subject),
    });
  }
  return cases.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function checkName(subject: ConformanceSubject): Promise<void> {
  const { name } = await subject.create();
  ensure(typeof name === "string" && name.trim() !== "", "The source has no name.");
  ensure(!/[\r\n]/.test(name), "The name has more than one line.");
}

async function checkNodes(subject: ConformanceSubject): Promise<void> {
  const specs = await collect(await subject.create(), subject);
  ensure(specs.length > 0, "The source gives no node.");
  for (const spec of specs) {
    const problem = nodeSpecProblem(spec);
    ensure(problem === undefined, `The source gives something that is no node: ${problem}.`);
  }
}

async function checkExpected(
  subject: ConformanceSubject,
  expected: readonly Partial<NodeSpec>[],
): Promise<void> {
  const found = await collect(await subject.create(), subject);
  for (const wanted of expected) {
    ensure(
      found.some((spec) => agrees(spec, wanted)),
      `The source does not give ${shown(wanted)}.`,
    );
  }
  for (const spec of found) {
    ensure(
      expected.some((wanted) => agrees(spec, wanted)),
      `The source gives a node that is not expected: ${shown(spec)}.`,
    );
  }
}

async function checkRepeat(subject: ConformanceSubject): Promise<void> {
  const source = await subject.create();
  const first = render(await collect(source, subject));
  const together = await Promise.all([collect(source, subject), collect(source, subject)]);
  for (const specs of together) {
    ensure(render(specs) === first, "The source gives other nodes when it is asked again.");
  }
}

async function checkSilence(subject: ConformanceSubject): Promise<void> {
  const lines: string[] = [];
  const source = await subject.create();
  const printed = await withoutPrinting(async () => {
    await collect(source, subject, { log: (line) => lines.push(line) });
  });
  ensure(printed === 0, "The source prints something; context.log is there for that.");
  for (const line of [source.name, ...lines]) {
    ensureNoSecret(line, subject);
  }
}

async function checkFailure(
  source: DiscoverySource | undefined,
  subject: ConformanceSubject,
): Promise<void> {
  if (source === undefined) {
    throw new Error("createFailing made no source.");
  }
  let failure: unknown;
  try {
    await collect(source, subject);
  } catch (error) {
    failure = error;
  }
  ensure(failure !== undefined, "The source gives nodes although its service fails.");
  ensure(failure instanceof Error, "The source fails with something that is no Error.");
  ensureNoSecret(`${failure.message}${failure.stack}`, subject);
}

async function checkAborted(subject: ConformanceSubject): Promise<void> {
  await ensureEnds(
    collect(await subject.create(), subject, { signal: AbortSignal.abort() }),
    subject,
  );
}

async function checkAbort(
  source: DiscoverySource | undefined,
  subject: ConformanceSubject,
): Promise<void> {
  if (source === undefined) {
    throw new Error("createHanging made no source.");
  }
  const controller = new AbortController();
  let ended = false;
  const running = collect(source, subject, { signal: controller.signal }).then(
    () => ensure(false, "The source gives nodes although its service never answers."),
    () => {
      ended = true;
    },
  );
  // Time to have asked the service; a source that has not yet is aborted all the same.
  await Promise.race([running, pause(100)]);
  ensure(!ended, "The source fails at once, where its service only keeps it waiting.");
  controller.abort();
  await ensureEnds(running, subject);
}

async function ensureEnds(
  running: Promise<unknown>,
  { endsWithinMs = 5000 }: ConformanceSubject,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), endsWithinMs);
  });
  // How it ends does not matter: nobody waits for the nodes any more.
  const end = await Promise.race([running.catch(rethrowUnmet), late]);
  clearTimeout(timer);
  ensure(end !== "late", `The source goes on for ${endsWithinMs} ms after the signal was aborted.`);
}

async function collect(
  source: DiscoverySource,
  { defaults }: ConformanceSubject,
  context: Partial<DiscoveryContext> = {},
): Promise<NodeSpec[]> {
  const found = source.discover({
    signal: new AbortController().signal,
    log: () => {},
    // Frozen: a source that changes what it is given fails.
    defaults: Object.freeze(defaults ?? { port: 5432, user: "postgres", sslMode: "prefer" }),
    ...context,
  });
  const specs: NodeSpec[] = [];
  for await (const spec of Symbol.asyncIterator in found ? found : await found) {
    specs.push(spec);
  }
  return specs;
}

function agrees(spec: NodeSpec, wanted: Partial<NodeSpec>): boolean {
  const pairs = Object.entries(wanted);
  const given = new Map<string, unknown>(Object.entries(spec));
  return pairs.every(([key, value]) => canonical(given.get(key)) === canonical(value));
}

function render(specs: readonly NodeSpec[]): string {
  return [...new Set(specs.map(canonical))].sort().join("\n");
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function shown({ password: _, ...spec }: Partial<NodeSpec>): string {
  return JSON.stringify(spec);
}

function ensureNoSecret(text: string, { secrets = [] }: ConformanceSubject): void {
  ensure(!secrets.some((secret) => text.includes(secret)), "The source shows a secret.");
}

class ContractBroken extends Error {}

function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new ContractBroken(message);
  }
}

function rethrowUnmet(error: unknown): void {
  if (error instanceof ContractBroken) {
    throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
