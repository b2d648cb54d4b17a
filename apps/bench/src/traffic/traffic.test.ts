import { describe, expect, it } from "vitest";
import { queryMessage } from "../wire/message.js";
import { ConnectionCounter } from "./traffic.js";

const farewell = Buffer.from([0x58, 0, 0, 0, 4]);

describe("ConnectionCounter", () => {
  it("counts data that follow an answer, however many pieces there are", () => {
    const counter = new ConnectionCounter();
    counter.fromClient(Buffer.from("startup"));
    counter.fromServer();
    counter.fromServer();
    counter.fromClient(queryMessage("SELECT 1"));
    counter.fromClient(queryMessage("SELECT 2"));
    counter.fromServer();
    expect(counter.traffic).toEqual({ roundTrips: 3, workingRoundTrips: 0, transactions: 0 });
  });

  it("counts apart what comes from the first BEGIN on, and no farewell", () => {
    const counter = new ConnectionCounter();
    for (const sql of ["SET a TO b", "BEGIN; SELECT 1", "COMMIT", "BEGIN; SELECT 2; COMMIT"]) {
      counter.fromClient(queryMessage(sql));
      counter.fromServer();
    }
    counter.fromClient(farewell);
    expect(counter.traffic).toEqual({ roundTrips: 5, workingRoundTrips: 3, transactions: 2 });
  });
});
