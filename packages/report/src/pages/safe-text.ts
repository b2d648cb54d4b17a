/** What a reader would not see, what would turn the direction of the text, and what XML cannot hold. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\uFFFE\uFFFF]/gu;

/** A text from outside, with what cannot be seen as visible escapes; line feeds and tabs stay. Pure. */
export function visible(text: string): string {
  return text.replace(hidden, (character) => {
    if (character === "\n" || character === "\t") {
      return character;
    }
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text from outside as the content, or a quoted attribute, of HTML or XML. Pure. */
export function markup(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? "");
}
