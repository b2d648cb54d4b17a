import type { RunLockHolder } from "@pg-mig/ledger";
import { PgMigError } from "@pg-mig/model";

/** The run lock of a node that somebody else holds. */
export interface Refusal {
  /** The node's label. */
  readonly node: string;
  /** `undefined`: it was given back before one could ask whose it was. */
  readonly holder: RunLockHolder | undefined;
}

/** Says who holds the lock of a node: `pg-mig apply on ci-7, pid 1234, since …`. Pure. */
export function holderText(holder: RunLockHolder | undefined): string {
  if (holder?.run !== undefined) {
    const { action, host, pid, since } = holder.run;
    const when = since.toISOString().replace(".000Z", "Z");
    return `pg-mig ${action} on ${host}, pid ${pid}, since ${when}`;
  }
  if (holder === undefined) {
    return "it is gone by now";
  }
  const { applicationName, role, address, serverPid } = holder;
  const seen = [
    applicationName && `application "${applicationName}"`,
    role && `user ${role}`,
    address && `from ${address}`,
    `server process ${serverPid}`,
  ];
  return seen.filter(Boolean).join(", ");
}

/** The error for a run that may not work on a node. */
export function runLocked({ node, holder }: Refusal): PgMigError {
  const leftover =
    holder === undefined
      ? ""
      : ` If it is gone and has left its connection open, end that on ${node}: SELECT pg_terminate_backend(${holder.serverPid});`;
  return new PgMigError(`Another run works on ${node}: ${holderText(holder)}.`, {
    code: "RUN_LOCKED",
    hint: `Let it finish, or wait for it with the setting \`waitMs\`.${leftover}`,
    where: { node },
  });
}
