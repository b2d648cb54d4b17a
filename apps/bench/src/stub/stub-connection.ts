import type { Socket } from "node:net";
import type { ConnectionCounter } from "../traffic/traffic.js";
import { int32, message } from "../wire/message.js";
import { answerTo, type StubSession } from "./answers.js";
import { splitStatements } from "./statements.js";
import type { StubNode } from "./stub-node.js";

/** The codes that stand for a version in the messages without a letter. */
const opening = { cancel: 80877102, tls: 80877103, gss: 80877104 } as const;

const ready = { I: message("Z", "I"), T: message("Z", "T") } as const;

const extended: Readonly<Record<string, Buffer>> = {
  P: message("1"),
  B: message("2"),
  C: message("3"),
  D: message("n"),
};

/** Answers the protocol on one connection, at once, whoever logs in. */
export function serveStub(
  socket: Socket,
  { node, pid, counter }: { node: StubNode; pid: number; counter: ConnectionCounter },
): void {
  const session: StubSession = { node, pid, status: "I", hasLock: false, pending: [] };
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  socket.on("error", () => {});
  socket.on("close", () => node.pids.delete(pid));
  socket.on("data", (chunk: Buffer) => {
    counter.fromClient(chunk);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const answers: Buffer[] = [];
    let at = 0;
    while (at + 5 <= bytes.length) {
      const letterSize = started ? 1 : 0;
      const end = at + letterSize + bytes.readInt32BE(at + letterSize);
      if (end > bytes.length) {
        break;
      }
      if (started) {
        const letter = String.fromCharCode(bytes[at] ?? 0);
        answers.push(...answerToMessage(letter, bytes.toString("utf8", at + 5, end - 1), session));
        if (letter === "X") {
          socket.end();
        }
      } else {
        const code = bytes.readInt32BE(at + 4);
        if (code === opening.cancel) {
          socket.end();
        } else if (code === opening.tls || code === opening.gss) {
          answers.push(Buffer.from("N"));
        } else {
          started = true;
          node.pids.add(pid);
          answers.push(welcome(pid));
        }
      }
      at = end;
    }
    rest = bytes.subarray(at);
    if (answers.length > 0 && socket.writable) {
      counter.fromServer();
      socket.write(answers.length === 1 ? (answers[0] as Buffer) : Buffer.concat(answers));
    }
  });
}

function answerToMessage(letter: string, body: string, session: StubSession): readonly Buffer[] {
  switch (letter) {
    case "Q": {
      const answers = splitStatements(body).flatMap((statement) => answerTo(statement, session));
      return [...answers, ready[session.status]];
    }
    case "E":
      // Which statement was prepared does not matter: only guards are.
      return answerTo("EXECUTE", session).slice(-1);
    case "S":
      return [ready[session.status]];
    default: {
      const answer = extended[letter];
      return answer === undefined ? [] : [answer];
    }
  }
}

function welcome(pid: number): Buffer {
  const parameters = {
    server_version: "15.18",
    server_encoding: "UTF8",
    client_encoding: "UTF8",
    DateStyle: "ISO, MDY",
    integer_datetimes: "on",
    standard_conforming_strings: "on",
    in_hot_standby: "off",
    default_transaction_read_only: "off",
  };
  return Buffer.concat([
    message("R", int32(0)),
    ...Object.entries(parameters).map(([name, value]) => message("S", `${name}\0${value}\0`)),
    message("K", int32(pid), int32(pid)),
    ready.I,
  ]);
}
