import { withContainment, withVerify } from "../contenders/checked.js";
import { pgMig } from "../contenders/pg-mig.js";
import { heavy } from "./heavy.js";
import { small } from "./small.js";
import type { Target, Work } from "./work.js";

const contenders = [pgMig, withVerify, withContainment];

const against = (of: string, atMost: number): Target[] => [
  { figure: "wall", of, against: pgMig.name, atMost },
  { figure: "server CPU", of, against: pgMig.name, atMost },
];

export const checkedSmall: Work = {
  ...small,
  name: "checked-small",
  about: "the work small, with what looks at shards and locks: what that costs",
  contenders,
  roundTrips: "not counted",
  targets: [...against(withVerify.name, 2), ...against(withContainment.name, 2)],
};

export const checkedHeavy: Work = {
  ...heavy,
  name: "checked-heavy",
  about: "the work heavy, with what looks at shards and locks: what that costs",
  contenders,
  roundTrips: "not counted",
  targets: [...against(withVerify.name, 2), ...against(withContainment.name, 1.5)],
};
