import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes } from "./error-codes.js";

const root = join(import.meta.dirname, "../../..");

/** What looks like a code in the sources, and is none: names of psql, of libpq and of systems. */
const others = new Set([
  ...["LAST_ERROR_MESSAGE", "LAST_ERROR_SQLSTATE", "ON_ERROR_ROLLBACK", "ON_ERROR_STOP"],
  ...["ROW_COUNT", "SERVER_VERSION_NAME", "SERVER_VERSION_NUM", "SHELL_ERROR", "SHELL_EXIT_CODE"],
  ...["SERVER_VERSION", "VERSION_NAME", "VERSION_NUM", "PGCONNECT_TIMEOUT", "CREATE_SLOT"],
  ...["EAI_AGAIN", "EAI_NODATA", "EAI_NONAME", "ERR_STREAM_DESTROYED"],
]);

/** Every text in the sources that looks like a code. Not of packages that are for tests alone. */
function codesInSources(): Set<string> {
  const files = ["packages", "apps/pg-mig"].flatMap((folder) =>
    readdirSync(join(root, folder), { encoding: "utf8", recursive: true }).map(
      (file) => `${folder}/${file.replaceAll("\\", "/")}`,
    ),
  );
  const sources = files.filter(
    (file) =>
      /^(packages\/(?!testkit\/|fuzz\/)[^/]+|apps\/pg-mig)\/src\/.*\.ts$/.test(file) &&
      !/\/testing\/|\.test\.(support\.)?ts$|\/error-codes\.ts$/.test(file),
  );
  const literals = sources.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/"([A-Z]+(?:_[A-Z0-9]+)+)"/g)].map(
      ([, text = ""]) => text,
    ),
  );
  return new Set(literals.filter((text) => !others.has(text)));
}

describe("the table of error codes", () => {
  const listed = errorCodes.flatMap(({ codes }) => codes);

  it("has every code of the sources, and no other, once", () => {
    expect(listed.map(({ code }) => code).sort()).toEqual([...codesInSources()].sort());
  });

  it("says of each in sentences what happened, what state things are in and what to do", () => {
    for (const { code, happened, state, toDo } of listed) {
      for (const text of [happened, state, toDo]) {
        expect(text, code).toMatch(/^[`A-Z].*\.$/);
      }
    }
  });
});
