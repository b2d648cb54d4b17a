import type { Completions } from "./completions.js";

/** The shells that completion is made for. */
export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

/** What the scripts of the library understand; the numbers are added. */
const directives = { noSpace: 2, noFiles: 4, directories: 16, keepOrder: 32 };

/**
 * Completions as the script of a shell reads them: a word and its explanation a line, then a number that
 * says what to do with them. The scripts of zsh and fish put `--option=` in front themselves. Pure.
 */
export function shellAnswer(shell: Shell, typed: string, { list, otherwise }: Completions): string {
  const head = shell === "bash" ? "" : (/-.*=/s.exec(typed)?.[0] ?? "");
  const lines = list.map(({ word, about = "" }) => `${word.slice(head.length)}\t${about}\n`);
  // Fish adds no space after "=" by itself.
  const isOpen =
    shell !== "fish" && list.length > 0 && list.every(({ word }) => word.endsWith("="));
  const directive =
    (otherwise === "files"
      ? 0
      : otherwise === "directories"
        ? directives.directories
        : directives.noFiles) +
    directives.keepOrder +
    (isOpen ? directives.noSpace : 0);
  return `${lines.join("")}:${directive}\n`;
}

/**
 * Bash takes "=" and ":" for the end of a word, so what stands before them must not be given again; and it
 * completes files by itself only if it is told to.
 */
export const bashEpilogue = `
__pg_mig_last_part() {
    __pg_mig_complete
    local cur prev words cword
    _get_comp_words_by_ref -n "=:" cur prev words cword
    COMPREPLY=("\${COMPREPLY[@]#"\${cur%"\${cur##*[=:]}"}"}")
}
complete -o default -F __pg_mig_last_part pg-mig
`;
