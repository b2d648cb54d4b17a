import type { Fault, Injected } from "./fault.js";
import { type Evidence, hooksWereRun, invariants, isAtHead, nothingWritten } from "./invariants.js";
import type { Lane } from "./lane.js";
import { Random } from "./random.js";
import { Scene } from "./scene.js";
import { drawVersions } from "./test-version.js";
import { type EndedRun, reportOf } from "./tool-run.js";
import { runsToldTheTruth } from "./truthful-runs.js";

/** A promise that did not hold. */
export interface BrokenPromise {
  /** `I1` to `I9`, or `suite` where the suite itself broke. */
  readonly invariant: string;
  readonly problem: string;
  readonly when: "after the fault" | "after the next run" | "after a run with nothing to do";
}

export interface InjectionResult {
  readonly seed: number;
  readonly outcome: Injected["outcome"];
  readonly violations: readonly BrokenPromise[];
  readonly durationMs: number;
}

export interface InjectionOptions {
  readonly fault: Fault;
  readonly seed: number;
  readonly lane: Lane;
  readonly program: string;
}

/**
 * Makes one fault happen once on a fresh scene, and checks what is true after it, after a run
 * without faults, and after one more with nothing to do.
 */
export async function inject(options: InjectionOptions): Promise<InjectionResult> {
  const { fault, seed, lane, program } = options;
  const startedAtMs = performance.now();
  const random = new Random(seed, fault.name);
  const versions = fault.versions?.(random) ?? drawVersions(random, 4);
  const { hooks = "none" } = fault;
  const scene = await Scene.create({ lane, versions, hooks, program });
  const violations: BrokenPromise[] = [];
  let outcome: Injected["outcome"] = "missed";
  try {
    const injected = await fault.inject(scene, random);
    outcome = injected.outcome;
    violations.push(...(await judge(scene, injected, hooks)));
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    violations.push({ invariant: "suite", problem, when: "after the fault" });
  } finally {
    await scene.dispose();
  }
  return { seed, outcome, violations, durationMs: performance.now() - startedAtMs };
}

async function judge(
  scene: Scene,
  injected: Injected,
  hooks: "both" | "none",
): Promise<BrokenPromise[]> {
  const { runs, problems = [], spared, ruined, alsoWrote } = injected;
  const { versions } = scene;
  const secrets = scene.places.map(({ node }) => node.password);
  const marks = { secrets, ...(ruined && { ruined }), ...(alsoWrote && { alsoWrote }) };
  await scene.repair();
  const faulted: Evidence = { versions, nodes: await scene.observe(), runs, ...marks };
  const afterFault = [
    ...problems.map((problem) => ({ invariant: "own", problem })),
    ...broken(faulted),
    ...named("I4", runsToldTheTruth(faulted)),
    ...(spared === undefined ? [] : named("I9", isAtHead(faulted, spared))),
  ];
  await injected.fix?.();
  const next = await scene.run();
  const healed: Evidence = { versions, nodes: await scene.observe(), runs: [next], secrets };
  const afterNext = [
    ...broken(healed),
    ...named("I5", [...notDone(next), ...isAtHead(healed)]),
    ...(hooks === "both" ? named("I5", hooksWereRun(healed)) : []),
  ];
  const idle = await scene.run();
  const nodes = await scene.observe();
  const outcome = reportOf(idle)?.outcome;
  const afterIdle = named("I5", [
    ...(outcome === "nothing-to-do" ? [] : [`the third run's outcome is ${outcome}`]),
    ...nothingWritten(healed.nodes, nodes),
  ]);
  return [
    ...afterFault.map((entry) => ({ ...entry, when: "after the fault" as const })),
    ...afterNext.map((entry) => ({ ...entry, when: "after the next run" as const })),
    ...afterIdle.map((entry) => ({ ...entry, when: "after a run with nothing to do" as const })),
  ];
}

function broken(evidence: Evidence) {
  return [...invariants].flatMap(([name, check]) => named(name, check(evidence)));
}

function named(invariant: string, problems: readonly string[]) {
  return problems.map((problem) => ({ invariant, problem }));
}

function notDone(run: EndedRun): string[] {
  if (run.status === 0) {
    return [];
  }
  const told = run.events.filter(({ type }) => type === "error" || type === "step:failed");
  return [`the next run ended with status ${run.status}: ${run.stderr} ${JSON.stringify(told)}`];
}
