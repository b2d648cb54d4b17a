export type { MayRunBeside } from "./concurrency.js";
export type { Limits } from "./limits.js";
export { parseLimits } from "./limits.js";
export type { OwnTransactions } from "./own-transactions.js";
export { committedPlaces, isOpenAfter } from "./own-transactions.js";
export { phrasesOf } from "./sql-phrase.js";
export type { TransactionUse } from "./transaction-form.js";
export { judgeTransactions } from "./transaction-form.js";
