import { parseScript } from "@pg-mig/psql-script";
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
  const { script, own } = step;
  if (!script.plain && step.transaction === "wrapped") {
    const { prologue, epilogue } = aroundWrapped(
      step,
      frame,
      new Session(createRecordingClient().client),
    );
    const join = (statements: readonly string[]) => `${statements.join(";\n")};`;
    const messages = [join(prologue), script.text, join(epilogue), "COMMIT"];
    return { messages, fileAsItStands: true, ledger: record.ledger };
  }
  // The COMMIT that ends a file is sent when the ledger is changed.
  const text = script.text.slice(0, own?.lastCommitAt);
  const { client, messages } = createRecordingClient(new Map([[standIn.text, text]]));
  const session = new Session(client);
  const shownStep = script.plain
    ? step
    : { ...step, script: standIn, own: own && { ...own, lastCommitAt: undefined } };
  await runStepScript(session, shownStep, frame);
  await session.commit("none");
  return { messages, fileAsItStands: !script.plain, ledger: record.ledger };
}

/** A script that is one message, for one that only a run can cut into messages. */
const standIn = parseScript("SELECT 'the file';", { file: "" });
