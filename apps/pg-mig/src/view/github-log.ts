/**
 * Text for GitHub's log that cannot be taken for a command to it, whatever a server or a file has said:
 * `::add-mask::` at the start of a line, and `##[error]` anywhere in one. Lines of JSON stay as they are. Pure.
 */
export function withoutCommands(text: string): string {
  return text
    .replace(/^[^\S\n]*::/gm, (start) => start.replace("::", "\\x3a:"))
    .replace(/^(?!\{).*##\[.*$/gm, (line) => line.replaceAll("##[", "##\\x5b"));
}

/** The line that begins a group of lines, which GitHub's log shows folded. */
export function groupStart(title: string): string {
  return `::group::${title}\n`;
}

/** The line that ends it. */
export const groupEnd = "::endgroup::\n";
