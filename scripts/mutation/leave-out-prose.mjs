// Two words in lower case beside each other: no SQL, no name and no format of ours has them.
const prose = /(?:^|[\s("])[a-z]+ [a-z]+/;

/** Leaves out the texts that are for people: a test of each word would only say it twice. */
export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "prose",
    value: {
      shouldIgnore({ node }) {
        const text =
          node.type === "StringLiteral"
            ? node.value
            : node.type === "TemplateLiteral"
              ? node.quasis.map(({ value }) => value.cooked).join("X")
              : "";
        return prose.test(text) ? "a text for people" : undefined;
      },
    },
  },
];
