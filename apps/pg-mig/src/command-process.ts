import type { SignalSource } from "./interruption.js";
import type { TerminalStream } from "./view/terminal.js";

/** What the command takes from its process. */
export interface CommandProcess extends SignalSource {
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  /** Has errors told to the listener that nobody catches. */
  onUncaught(listener: (error: unknown) => void): void;
}
