import type { ConnectionMessage, WireConnection } from "./script-client.js";

/** Hears what a connection tells while a message is under way, and its client does not pass on. */
export interface ConnectionObserver {
  onReady(message: ConnectionMessage): void;
  onEnd(): void;
  onParameter(message: ConnectionMessage): void;
  onNotice(message: ConnectionMessage): void;
  onCopyIn(connection: WireConnection, message: ConnectionMessage): void;
  onCopyOut(): void;
}

interface Observed {
  by: ConnectionObserver | undefined;
}

/** Listeners are attached once a connection: to attach and remove them for each message costs more than the message. */
const observed = new WeakMap<WireConnection, Observed>();

/** Lets `by` hear of the message that is sent next, up to the moment when the server is ready again. */
export function observe(connection: WireConnection, by: ConnectionObserver): void {
  const known = observed.get(connection);
  if (known !== undefined) {
    known.by = by;
    return;
  }
  const now: Observed = { by };
  observed.set(connection, now);
  // Before the client, which sends the next message when it hears that: its observer must not take this for its own.
  connection.prependListener("readyForQuery", (message) => {
    const { by: one } = now;
    now.by = undefined;
    one?.onReady(message);
  });
  connection.on("end", () => now.by?.onEnd());
  connection.on("parameterStatus", (message) => now.by?.onParameter(message));
  connection.on("notice", (message) => now.by?.onNotice(message));
  connection.on("copyInResponse", (message) => now.by?.onCopyIn(connection, message));
  connection.on("copyOutResponse", () => now.by?.onCopyOut());
}
