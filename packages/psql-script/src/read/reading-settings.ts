/** A text names the setting that decides where a string ends. */
export const mentionsStrings = /standard_conforming_strings/i;

/** A text changes that setting from its default, or may. */
export const changesStrings = /standard_conforming_strings(?!\s*(?:=|to)\s*'?on\b)/i;

/** A statement changes the encoding of what is sent to something that a script is not written in, or may. */
export const changesEncoding =
  /client_encoding(?!\s*(?:=|to)\s*'?utf-?8\b)|\bset\s+(?:session\s+|local\s+)?names\b/i;
