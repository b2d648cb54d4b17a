import type { Blocker } from "@pg-mig/report";
import { isBug, parseBlockers, type Session, whoIsSql } from "@pg-mig/sessions";

/**
 * Who has taken a shard; nobody, if that cannot be found out: it would only be good to know, and a
 * connection that broke is met by the next attempt.
 *
 * @param pidsSql gives their processes; `undefined`: the recorder has no such query
 */
export async function shardHolders(
  session: Session,
  pidsSql: string | undefined,
): Promise<readonly Blocker[]> {
  if (pidsSql === undefined) {
    return [];
  }
  try {
    await session.ready();
    return parseBlockers((await session.client.query(whoIsSql(pidsSql))).rows);
  } catch (error) {
    if (isBug(error)) {
      throw error;
    }
    return [];
  }
}
