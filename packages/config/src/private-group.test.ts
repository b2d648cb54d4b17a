import { describe, expect, it } from "vitest";
import { isPrivateGroup } from "./private-group.js";

const passwd = `root:x:0:0:root:/root:/bin/bash
sync:x:4:0:sync:/bin:/bin/sync
ann:x:1000:1000::/home/ann:/bin/bash
bob:x:1001:1001::/home/bob:/bin/bash
eve:x:1002:1003::/home/eve:/bin/bash
kim:x:1003:1003::/home/kim:/bin/bash
`;
const group = `root:x:0:
ann:x:1000:
bob:x:1001:bob,eve
staff:x:1003:
idle:x:1004:
`;

describe("isPrivateGroup", () => {
  it.each([
    ["the user's own", 1000, 1000, true],
    ["somebody else's", 1000, 1001, false],
    ["one with another member", 1001, 1001, false],
    ["one that is the first group of two users", 1003, 1002, false],
    ["root's, of which others are, too", 0, 0, false],
    ["one without a user", 1004, 1000, false],
    ["one that the files do not know", 2000, 2000, false],
  ])("looks for other members: %s", (_, gid, uid, expected) => {
    expect(isPrivateGroup({ gid, uid }, { passwd, group })).toBe(expected);
  });

  it("is the user's own also where the user is named as its member", () => {
    const texts = { passwd, group: "ann:x:1000:ann\n" };
    expect(isPrivateGroup({ gid: 1000, uid: 1000 }, texts)).toBe(true);
  });
});
