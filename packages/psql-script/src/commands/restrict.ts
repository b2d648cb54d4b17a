import type { CommandCall } from "./command-call.js";

/** `\restrict key`: from here on only `\unrestrict` with the same key is obeyed, in all files. */
export async function restrict(call: CommandCall): Promise<void> {
  const key = await call.arguments.next();
  if (key === undefined || key === "") {
    throw call.fail("the key is missing");
  }
  call.run.restrictedBy = key;
}

/** `\unrestrict key`. */
export async function unrestrict(call: CommandCall): Promise<void> {
  const key = await call.arguments.next();
  if (key === undefined || key === "") {
    throw call.fail("the key is missing");
  }
  if (call.run.restrictedBy === undefined) {
    throw call.fail("no \\restrict is in force");
  }
  if (call.run.restrictedBy !== key) {
    throw call.fail("this is not the key of the \\restrict");
  }
  call.run.restrictedBy = undefined;
}
