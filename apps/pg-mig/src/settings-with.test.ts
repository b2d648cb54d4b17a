import { mergeSettings } from "@pg-mig/config";
import { expect, it } from "vitest";
import { settingsWith } from "./settings-with.js";

it("settingsWith keeps what holds passwords, and keeps it hidden", () => {
  const settings = mergeSettings({
    flags: { migdir: "mig", hosts: ["postgres://me:secret@db1"], pass: "secret" },
    layers: [],
    env: {},
    cwd: "/",
    os: { user: "me", home: "/home/me", uid: undefined },
  });
  const changed = settingsWith(settings, { wave: "first" });
  expect(changed).toMatchObject({ wave: "first", migdir: "/mig", password: "secret" });
  expect(changed.hosts).toEqual(settings.hosts);
  expect(JSON.stringify(settingsWith(settings, { hosts: ["a:secret@db2"] }))).not.toContain(
    "secret",
  );
});
