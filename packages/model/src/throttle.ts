/** Two limits of a reading, so that what is near one of them does not go on and off. */
export interface ThrottleLimits {
  /** From so much on nothing new starts. */
  readonly pause: number;
  /** It goes on as soon as there is no more than this, which is less. */
  readonly resume: number;
}

/**
 * When a node is left alone for a while: nothing new starts there, other nodes go on. What is not named is not
 * looked at.
 */
export interface Throttle {
  /** How far its slowest standby lags, in milliseconds. */
  readonly lagMs?: ThrottleLimits | undefined;
  /** The same, in bytes of WAL. */
  readonly lagBytes?: ThrottleLimits | undefined;
  /** How many sessions of others are active on its server. */
  readonly active?: ThrottleLimits | undefined;
  /** How many sessions of others wait for locks of the run. */
  readonly blocked?: ThrottleLimits | undefined;
  /** A query whose first column, in its first row, is true while the node is to be left alone. */
  readonly hold?: string | undefined;
  /** Standbys whose lag does not count, by `application_name`. @default none */
  readonly except?: readonly string[] | undefined;
  /** After so long without a break the run pauses, in milliseconds. @default 1800000 */
  readonly maxWaitMs?: number | undefined;
}
