import { parsePsqlBoolean } from "../run/psql-boolean.js";
import type { CommandCall } from "./command-call.js";

const printOptions = new Set(
  `border columns csv_fieldsep expanded x vertical fieldsep fieldsep_zero footer format linestyle null
  numericlocale pager pager_min_lines recordsep recordsep_zero tableattr T title C tuples_only t
  unicode_border_linestyle unicode_column_linestyle unicode_header_linestyle xheader_width display_true
  display_false`.split(/\s+/),
);

/** `\pset`: the option's name is checked, and nothing else done. */
export async function setPrintOption(call: CommandCall): Promise<void> {
  const name = await call.arguments.next();
  call.arguments.leftover();
  if (name !== undefined && !printOptions.has(name)) {
    throw call.fail(`unknown option "${name}"`);
  }
}

/** `\timing [on|off]`: the argument is checked, and nothing else done. */
export async function setTiming(call: CommandCall): Promise<void> {
  const value = await call.arguments.next();
  if (value !== undefined && parsePsqlBoolean(value) === undefined) {
    throw call.fail(`"${value}" is no boolean`);
  }
}

/** `\encoding [name]`: there is only one. */
export async function setEncoding(call: CommandCall): Promise<void> {
  const name = await call.arguments.next();
  if (name === undefined) {
    call.run.output.write("UTF8\n", "stdout");
  } else if (!/^(?:utf-?8|unicode)$/i.test(name)) {
    throw call.refuse(`the encoding ${name} is not supported`, "Save the script as UTF-8.");
  }
}
