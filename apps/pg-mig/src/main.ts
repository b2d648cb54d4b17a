import { cli } from "./cli.js";

cli();
