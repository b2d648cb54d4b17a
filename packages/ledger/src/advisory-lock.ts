import { equals } from "@pg-mig/model";

/**
 * Renders a condition on the rows of pg_locks: somebody holds the advisory lock with these two numbers
 * in the current database. The numbers are those of the lock, with their signs.
 */
export function isAdvisoryLockSql(classId: number, objectId: number): string {
  // pg_locks shows both as what they are without a sign.
  return (
    `locktype ${equals} 'advisory'::pg_catalog.text AND granted AND objsubid ${equals} 2::pg_catalog.int2 ` +
    `AND classid ${equals} '${classId >>> 0}'::pg_catalog.oid AND objid ${equals} '${objectId >>> 0}'::pg_catalog.oid ` +
    `AND database ${equals} (SELECT oid FROM pg_catalog.pg_database WHERE datname ${equals} pg_catalog.current_database())`
  );
}
