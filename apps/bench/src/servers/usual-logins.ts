import type { TestNode } from "@pg-mig/testkit";

/** Lets each login take what it takes on a server as it is set up by default: on a node of tests it is cheaper. */
export async function makeLoginsUsual(nodes: readonly TestNode[]): Promise<void> {
  await Promise.all(
    nodes.map((node) => node.query(`ALTER ROLE ${node.user} PASSWORD '${node.password}'`)),
  );
}
