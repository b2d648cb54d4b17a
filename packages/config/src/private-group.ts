/**
 * Tells whether a group is its user's alone: the user's own group, with no other member. Many systems
 * give each user such a group, and let it write all that the user makes. Pure.
 *
 * @param texts of `/etc/passwd` and `/etc/group`; who is in neither (a directory service may know more)
 * has no such group
 */
export function isPrivateGroup(
  { gid, uid }: { readonly gid: number; readonly uid: number },
  texts: { readonly passwd: string; readonly group: string },
): boolean {
  const users = fieldsOf(texts.passwd).filter(([, , , primary]) => primary === String(gid));
  const [user, ...others] = users;
  if (user === undefined || others.length > 0 || user[2] !== String(uid)) {
    return false;
  }
  const groups = fieldsOf(texts.group).filter(([, , number]) => number === String(gid));
  const members = groups.flatMap(([, , , list = ""]) => list.split(",")).filter(Boolean);
  return groups.length === 1 && members.every((member) => member === user[0]);
}

function fieldsOf(text: string): string[][] {
  return text.split("\n").map((line) => line.split(":"));
}
