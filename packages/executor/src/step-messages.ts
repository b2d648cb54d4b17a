import { Session } from "@pg-mig/sessions";
import { createRecordingClient } from "./recording-client.js";
import type { StepRecorder } from "./step-recorder.js";
import { aroundWrapped, runStepScript, type StepScript } from "./step-script.js";

/** A step whose messages are asked for. */
export interface StepToShow<L> {
  readonly shard: string;
  readonly version: string;
  readonly ledger: L;
  readonly step: StepScript;
  readonly lockTimeoutMs: number;
  readonly recorder: StepRecorder<L>;
}

/** What is sent for a step. */
export interface StepMessages<L> {
  /** The texts, one a message, in order. */
  readonly messages: readonly string[];
  /**
   * Whether the file's part is shown as it is in the file, since psql commands, variables or the data of a
   * COPY in it decide only when it runs what is sent.
   */
  readonly fileAsItStands: boolean;
  /** The ledger as it is after the step. */
  readonly ledger: L;
}

/** Gives the very messages that running a step sends to the server. Sends nothing. */
export async function stepMessages<L>(shown: StepToShow<L>): Promise<StepMessages<L>> {
  const { shard, version, ledger, step, lockTimeoutMs, recorder } = shown;
  const record = recorder.record(ledger, version);
  const frame = {
    schema: shard,
    lockTimeoutMs,
    guardSql: (scope: "transaction" | "session") => recorder.takeSql(ledger, scope),
    recordSql: record.sql,
    scriptOptions: {},
  };
  const { client, messages } = createRecordingClient();
  const session = new Session(client);
  if (!step.script.plain) {
    const join = (statements: readonly string[]) => `${statements.join(";\n")};`;
    const { prologue, epilogue } = aroundWrapped(step, frame, session);
    const messages = [join(prologue), step.script.text, join(epilogue), "COMMIT"];
    return { messages, fileAsItStands: true, ledger: record.ledger };
  }
  await runStepScript(session, step, frame);
  await session.commit("none");
  return { messages, fileAsItStands: false, ledger: record.ledger };
}
