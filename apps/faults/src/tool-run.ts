import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { Report, RunEvent } from "pg-mig";

/** What is refused before a run begins, as `--json` prints it. */
export interface RefusedRun {
  readonly type: "error";
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type ToolEvent = RunEvent | RefusedRun;

/** When versions began and were done in a run, in milliseconds of the suite's clock. */
export interface WorkTime {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A run of the command that has ended. */
export interface EndedRun {
  readonly args: readonly string[];
  /** `undefined`: a signal ended it. */
  readonly status: number | undefined;
  /** Whether it went on for longer than {@link toolDeadlineMs} and was killed for it. */
  readonly overdue: boolean;
  readonly events: readonly ToolEvent[];
  readonly stderr: string;
  readonly durationMs: number;
  /** `undefined`: it has run no version. */
  readonly work: WorkTime | undefined;
}

/** No fault is a reason to go on for longer: all that are waited for are given up before. */
export const toolDeadlineMs = 150_000;

export interface ToolOptions {
  /** The file of the command. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A file that stdout is written to instead; then no events are heard. */
  readonly stdoutTo?: number | undefined;
  /** A file that stderr is written to instead; then the tool prints text, and no events are heard. */
  readonly stderrTo?: number | undefined;
  /** A CommonJS module that is loaded before it. */
  readonly preload?: string | undefined;
}

/** The command under way, as a process of its own. */
export class ToolRun {
  readonly ended: Promise<EndedRun>;
  readonly #child: ChildProcess;
  readonly #events: ToolEvent[] = [];
  readonly #listeners = new Set<() => void>();
  #work: WorkTime | undefined;

  constructor(options: ToolOptions) {
    const { program, args, cwd, env, preload } = options;
    const startedAtMs = performance.now();
    // With --json, stderr is hardly written to.
    const format = options.stderrTo === undefined ? ["--json"] : [];
    const required = preload === undefined ? [] : ["--require", preload];
    const child = spawn(process.execPath, [...required, program, ...format, ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, ...env },
      stdio: ["ignore", options.stdoutTo ?? "pipe", options.stderrTo ?? "pipe"],
    });
    this.#child = child;
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const lines = child.stdout === null ? undefined : createInterface({ input: child.stdout });
    lines?.on("line", (line) => {
      const event = parseEvent(line);
      if (event === undefined) {
        return;
      }
      this.#events.push(event);
      if (event.type === "step:start" || event.type === "step:done") {
        this.#worked();
      }
      for (const listener of this.#listeners) {
        listener();
      }
    });
    let overdue = false;
    const deadline = setTimeout(() => {
      overdue = true;
      this.kill("SIGKILL");
    }, toolDeadlineMs);
    this.ended = (async () => {
      const [status] = await once(child, "close");
      clearTimeout(deadline);
      return {
        args,
        status: status ?? undefined,
        overdue,
        events: this.#events,
        stderr,
        durationMs: performance.now() - startedAtMs,
        work: this.#work,
      };
    })();
  }

  get events(): readonly ToolEvent[] {
    return this.#events;
  }

  /** Does nothing when it has ended. Tells whether it was still there. */
  kill(signal: NodeJS.Signals): boolean {
    return this.#child.kill(signal);
  }

  /** Waits for an event, or for the end of the run; tells whether the event came. */
  async until(wanted: (event: ToolEvent) => boolean): Promise<boolean> {
    const found = new Promise<boolean>((resolve) => {
      const look = () => {
        if (this.#events.some(wanted)) {
          resolve(true);
        }
      };
      this.#listeners.add(look);
      look();
    });
    return Promise.race([found, this.ended.then(() => this.#events.some(wanted))]);
  }

  /** Waits until versions are being run, and for up to so long; tells whether it still goes on. */
  async isAtWorkFor(ms: number): Promise<boolean> {
    return (await this.until(({ type }) => type === "step:start")) && (await this.goesOnFor(ms));
  }

  /** Waits for so long, or for the end of the run; tells whether it still goes on. */
  async goesOnFor(ms: number): Promise<boolean> {
    const pause = new AbortController();
    const passed = sleep(ms, true, { signal: pause.signal }).catch(() => false);
    const result = await Promise.race([passed, this.ended.then(() => false)]);
    pause.abort();
    return result;
  }

  #worked(): void {
    const nowMs = performance.now();
    this.#work = { fromMs: this.#work?.fromMs ?? nowMs, toMs: nowMs };
  }
}

/** The report of a run that came to its end. */
export function reportOf({ events }: EndedRun): Report | undefined {
  // A bug of the tool is told after it.
  return events.findLast((event) => event.type === "run:done")?.report;
}

/** A process that was killed may have printed half a line. */
function parseEvent(line: string): ToolEvent | undefined {
  try {
    const event: ToolEvent = JSON.parse(line);
    return event;
  } catch {
    return undefined;
  }
}
