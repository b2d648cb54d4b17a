import { webhook } from "./webhook.js";

const url = process.env.WEBHOOK_URL;

export default {
  observers: url === undefined ? [] : [webhook({ url })],
  PGMIGDIR: "mig",
};
