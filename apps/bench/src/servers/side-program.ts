import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ConnectionTraffic } from "../traffic/traffic.js";

/** A program of the bench that stands for servers, or before them. */
export interface SideProgram {
  /** Where it listens. */
  readonly ports: readonly number[];
  /** What has gone over its connections so far. */
  traffic(): Promise<readonly ConnectionTraffic[]>;
  end(): Promise<void>;
}

/** Starts one; it ends with this process at the latest. */
export async function startSideProgram(
  path: string,
  args: readonly string[],
): Promise<SideProgram> {
  const child = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => {
    const { value, done } = await lines.next();
    if (done) {
      throw new Error(`${path} has ended.`);
    }
    return JSON.parse(value);
  };
  return {
    ports: await nextLine(),
    async traffic() {
      child.stdin.write("traffic\n");
      return nextLine();
    },
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}

/** The traffic from now on: of connections that are opened after this, when `end` is called. */
export async function watchTraffic(
  program: SideProgram,
): Promise<{ readonly end: () => Promise<readonly ConnectionTraffic[]> }> {
  const { length } = await program.traffic();
  return { end: async () => (await program.traffic()).slice(length) };
}
