import { expect, it } from "vitest";
import { works } from "./table.js";

it.each(works)(
  "The targets of $name are about contenders that it has",
  ({ contenders, targets }) => {
    const names = contenders.map(({ name }) => name);
    const wanted = targets.flatMap(({ of = "pg-mig", against = of }) => [of, against]);
    expect(wanted.filter((name) => !names.includes(name))).toEqual([]);
  },
);
