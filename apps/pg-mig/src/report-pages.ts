// A file of its own, loaded if a report is a page: as read-service.ts.
export { renderHtmlReport, renderJunitReport, renderMarkdownReport } from "@pg-mig/report";
