import { describe, expect, it } from "vitest";
import { withFigures } from "./readme-figures.js";

const empty = "# Bench\n\n<!-- end of figures -->\nMore.\n";

describe("withFigures", () => {
  it("puts new figures after the others, and replaces those of the same work only", () => {
    const one = withFigures(empty, "one", ["old"]);
    const both = withFigures(withFigures(one, "two", ["other"]), "one", ["new"]);
    expect(both).toBe(
      "# Bench\n\n<!-- figures: one -->\n\nnew\n\n<!-- end: one -->\n\n" +
        "<!-- figures: two -->\n\nother\n\n<!-- end: two -->\n\n<!-- end of figures -->\nMore.\n",
    );
  });

  it("refuses a text without a place for them", () => {
    expect(() => withFigures("# Bench\n", "one", [])).toThrow("no line <!-- end of figures -->");
  });
});
