import type { CommandCall } from "./command-call.js";

/** `\restrict key`: from here on only `\unrestrict` with the same key is obeyed, in all files. */
export async function restrict(call: CommandCall): Promise<void> {
  call.run.restrictedBy = await keyOf(call);
}

/** `\unrestrict key`. */
export async function unrestrict(call: CommandCall): Promise<void> {
  const key = await keyOf(call);
  if (call.run.restrictedBy === undefined) {
    throw call.fail("no \\restrict is in force");
  }
  if (call.run.restrictedBy !== key) {
    throw call.fail("this is not the key of the \\restrict");
  }
  call.run.restrictedBy = undefined;
}

async function keyOf(call: CommandCall): Promise<string> {
  const key = await call.arguments.next();
  if (key === undefined || key === "") {
    throw call.fail("the key is missing");
  }
  return key;
}
