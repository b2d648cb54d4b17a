import { describe, expect, it } from "vitest";
import { plainArguments } from "./plain-arguments.js";

const spellings = ["--port <number>", "--dry [sql]", "--createdb", "--no-shell", "--wait [time]"];

function plain(...args: string[]) {
  return plainArguments(args, spellings);
}

describe("plainArguments", () => {
  it.each([
    [["--createdb"], ["--createdb"], []],
    [["--createdb=true"], ["--createdb"], []],
    [["--createdb=1"], ["--createdb"], []],
    [["--createdb=FALSE"], [], ["createdb"]],
    [["--no-createdb"], [], ["createdb"]],
    [["--no-createdb=false"], ["--createdb"], []],
    [["--createdb="], [], []],
    [["--dry=true", "status"], ["status", "--dry"], []],
    [["undo", "--dry", "1.a.sh"], ["undo", "1.a.sh", "--dry"], []],
    [["undo", "--dry", "sql", "1.a.sh"], ["undo", "--dry", "sql", "1.a.sh"], []],
    [["--dry", "--port", "1"], ["--dry", "--port", "1"], []],
    [["--no-dry"], [], ["dry"]],
    [["--dry=sql"], ["--dry=sql"], []],
    [["--shell"], [], []],
    [["--shell=false"], ["--no-shell"], []],
    [["--no-shell=true"], ["--no-shell"], []],
    [["--no-shell", "--shell"], [], []],
    [["--createdb", "--no-createdb"], [], ["createdb"]],
    [["--createdb=false", "--createdb"], ["--createdb"], []],
  ])("makes %j to %j, off: %j", (args, expected, off) => {
    expect(plain(...args)).toEqual({ args: expected, off });
  });

  it.each([
    [["--createdb=maybe"]],
    [["--no-port", "--nothing=true", "-x", "word"]],
    [["--port", "--createdb=false"]],
    [["--port=--createdb=false"]],
    [["--wait=true", "--wait="]],
    [["--", "--createdb=false"]],
    [["--port"]],
  ])("leaves %j as it is", (args) => {
    expect(plain(...args)).toEqual({ args, off: [] });
  });
});
