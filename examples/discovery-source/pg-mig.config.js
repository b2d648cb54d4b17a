import { inventory } from "./inventory.js";

export default {
  discovery: [inventory({ url: process.env.INVENTORY_URL, token: process.env.INVENTORY_TOKEN })],
  PGMIGDIR: "mig",
};
