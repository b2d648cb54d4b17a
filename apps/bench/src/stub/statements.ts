/** What has no semicolon that ends a statement: strings, quoted names, dollar quotes, comments. */
const token = /'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\/|;/g;

/** Cuts the text of a message into statements. Knows as much SQL as the bench sends. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let from = 0;
  for (const match of sql.matchAll(token)) {
    if (match[0] === ";") {
      statements.push(sql.slice(from, match.index).trim());
      from = match.index + 1;
    }
  }
  statements.push(sql.slice(from).trim());
  return statements.filter((statement) => statement !== "");
}

/** The names that a SELECT gives to its columns with AS, sub-selects and calls aside. */
export function columnNames(select: string): string[] {
  const flat = removeParentheses(select.replace(/'(?:[^']|'')*'/g, "''"));
  const [list = ""] = flat.split(/\bFROM\b/);
  return [...list.matchAll(/\bAS\s+(?:"([^"]+)"|(\w+))/g)].map(([, quoted, plain]) =>
    String(quoted ?? plain),
  );
}

function removeParentheses(sql: string): string {
  const shorter = sql.replace(/\([^()]*\)/g, "");
  return shorter === sql ? sql : removeParentheses(shorter);
}
