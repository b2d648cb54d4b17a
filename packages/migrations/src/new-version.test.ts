import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planNewVersion } from "./new-version.js";
import { compareVersions, parseVersion } from "./version.js";

const disk = (...names: readonly string[]) => names.flatMap((name) => parseVersion(name) ?? []);
const now = new Date("2026-03-04T05:06:07.890Z");

describe("planNewVersion", () => {
  it("takes the present time in UTC", () => {
    const { version } = planNewVersion({ target: "add-users_2@sh", now, versions: [] });
    expect(version).toEqual({
      name: "20260304050607.add-users_2.sh",
      timestamp: "20260304050607",
      title: "add-users_2",
      prefix: "sh",
    });
  });

  it("takes the greatest timestamp on disk plus 60 where that is later", () => {
    const versions = disk("20260304050600.b.sh", "20260304050500.a.sh");
    const { version } = planNewVersion({ target: "c@sh", now, versions });
    expect(version.timestamp).toBe("20260304050660");
  });

  it("keeps the present time where it is later than that", () => {
    const versions = disk("20260304050547.b.sh");
    const { version } = planNewVersion({ target: "c@sh", now, versions });
    expect(version.timestamp).toBe("20260304050607");
  });

  it("puts the new version behind all others, whenever the timestamps have one length", () => {
    const timestamps = fc.array(fc.integer({ min: 20000101000000, max: 99990101000000 }));
    fc.assert(
      fc.property(timestamps, (found) => {
        const versions = disk(...found.map((timestamp) => `${timestamp}.zzz.zzz`));
        const { version } = planNewVersion({ target: "0@0", now, versions });
        for (const { name } of versions) {
          expect(compareVersions(version.name, name)).toBe(1);
        }
      }),
    );
  });

  it("refuses a name that would come before one on disk", () => {
    expect(() => planNewVersion({ target: "c@sh", now, versions: disk("9.a.sh") })).toThrow(
      expect.objectContaining({
        code: "MAKE_NOT_LAST",
        message: "A new version 20260304050607.c.sh would come before 9.a.sh.",
      }),
    );
  });

  it.each([
    "",
    "title",
    "@sh",
    "title@",
    "Title@sh",
    "a.b@sh",
    "a b@sh",
    "a@s.h",
    "a@s/h",
    'a@s"h',
    "a@s\\h",
  ])("refuses the target %j", (target) => {
    expect(() => planNewVersion({ target, now, versions: [] })).toThrow(
      expect.objectContaining({ code: "MAKE_TARGET_INVALID" }),
    );
  });

  it("tells a prefix that no version has, with the known ones and the nearest", () => {
    const versions = disk("20260102000000.b.shard", "20260101000000.a.public");
    const plan = (target: string) => planNewVersion({ target, now, versions });
    expect(plan("c@share").unknownPrefix).toEqual({
      prefix: "share",
      known: ["public", "shard"],
      nearest: "shard",
    });
    expect(plan("c@elsewhere").unknownPrefix?.nearest).toBe(undefined);
    expect(plan("c@shard").unknownPrefix).toBe(undefined);
  });

  it("knows no wrong prefix for the first version of all", () => {
    const { unknownPrefix } = planNewVersion({ target: "first@sh", now, versions: [] });
    expect(unknownPrefix).toBe(undefined);
  });
});
