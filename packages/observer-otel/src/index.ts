export type { OtelOptions } from "./otel-observer.js";
export { otel } from "./otel-observer.js";
