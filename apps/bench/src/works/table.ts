import { bigCopy, bigJoined, bigOutside } from "./big.js";
import { chain } from "./chain.js";
import { checkedHeavy, checkedSmall } from "./checked.js";
import { far, farReset } from "./far.js";
import { heavy } from "./heavy.js";
import { held } from "./held.js";
import { huge, opening } from "./huge.js";
import { small } from "./small.js";
import { nothingToDo, start } from "./start.js";
import { stubCold, stubWarm } from "./stub.js";
import { wide } from "./wide.js";
import type { Work } from "./work.js";

/** All works, in the order in which they are measured. */
export const works: readonly Work[] = [
  ...[
    stubWarm,
    stubCold,
    heavy,
    small,
    checkedHeavy,
    checkedSmall,
    chain,
    start,
    nothingToDo,
    wide,
    far,
    farReset,
    held,
  ],
  ...[bigCopy, bigJoined, bigOutside, opening, huge],
];
