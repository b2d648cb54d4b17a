import { tokenize } from "../lex/tokenize.js";
import type { QueryBuffer } from "../read/query-buffer.js";
import type { PlainRegion } from "../read/script.js";
import { transactionControl } from "../read/transaction-control.js";
import type { SourcePosition, SourceText } from "../source/source-text.js";
import type { OutboxPart } from "./outbox-part.js";

/** Where a part comes from. */
export interface PartOrigin {
  readonly source: SourceText;
  readonly includedFrom: readonly SourcePosition[];
}

// Below, the fields of an origin are named one by one: V8 gives a copy by `...` a shape of its own each time,
// which takes kilobytes for each statement of a file.

/** The text of a region, as it stands in the file. */
export function regionPart(region: PlainRegion, origin: PartOrigin): OutboxPart {
  const text = origin.source.text.slice(region.start, region.end);
  return {
    source: origin.source,
    includedFrom: origin.includedFrom,
    part: "script",
    text,
    stringsMatter: region.contents.length > 1 && text.includes("\\"),
    terminated: region.terminated,
    statements: region.contents,
    locate: (index) => region.start + index,
    lastControlAt: region.lastControlAt,
    endsTransactionAt: region.endsTransactionAt,
  };
}

/** A statement of the query begins or ends a transaction. */
export function controlsTransaction(query: QueryBuffer): boolean {
  const text = query.toString();
  return query.contents.some((start) => transactionControl(text.slice(start)) !== "none");
}

/** A query that was put together while the script ran. */
export function queryPart(query: QueryBuffer, origin: PartOrigin): OutboxPart {
  const text = query.toString();
  const controls = query.contents.map((start) => transactionControl(text.slice(start)));
  const offsetOf = (found: number) => {
    const index = query.contents[found];
    return index === undefined ? undefined : query.sourceOffset(index);
  };
  return {
    source: origin.source,
    includedFrom: origin.includedFrom,
    part: "script",
    text,
    terminated: query.terminated,
    statements: query.contents.map((index) => query.sourceOffset(index)),
    locate: (index) => query.sourceOffset(index),
    lastControlAt: offsetOf(controls.findLastIndex((control) => control !== "none")),
    endsTransactionAt: offsetOf(controls.indexOf("ends")),
  };
}

/** Text that stands nowhere in a file but was made at one place of it. */
export function textPart(text: string, offset: number, origin: PartOrigin): OutboxPart {
  const starts = statementStarts(text);
  const controls = starts.map((start) => transactionControl(text.slice(start)));
  return {
    source: origin.source,
    includedFrom: origin.includedFrom,
    part: "script",
    text,
    terminated: false,
    statements: starts.map(() => offset),
    locate: () => offset,
    lastControlAt: controls.every((control) => control === "none") ? undefined : offset,
    endsTransactionAt: controls.includes("ends") ? offset : undefined,
  };
}

function statementStarts(text: string): number[] {
  const starts: number[] = [];
  let expected = true;
  for (const { kind, offset } of tokenize(text)) {
    if (kind === "terminator") {
      expected = true;
    } else if (expected && kind !== "space" && !kind.endsWith("comment")) {
      starts.push(offset);
      expected = false;
    }
  }
  return starts;
}
