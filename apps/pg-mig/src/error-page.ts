/** The page that lists all codes. */
export const errorPage = "https://github.com/pg-mig/pg-mig/blob/main/docs/error-codes.md";

/** The place of a code on that page. */
export function pageOf(code: string): string {
  return `${errorPage}#${code.toLowerCase()}`;
}
