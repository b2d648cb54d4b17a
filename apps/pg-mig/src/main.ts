import process from "node:process";
import { cli } from "./cli.js";
import { titleWithoutPasswords } from "./title-without-passwords.js";

const title = titleWithoutPasswords(process.argv.slice(2));
if (title !== undefined) {
  process.title = title;
}
cli();
