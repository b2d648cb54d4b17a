/** How the page of a report looks: light or dark as the reader's system is, narrow, wide and on paper. */
export const style = `
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5a6472; --page: #ffffff; --line: #d9dee5; --box: #f5f7f9;
  --bad: #b3261e; --good: #1f6f43; --warn: #8a5a00; --failed: #c5362c; --left: #c98a1b; --done: #3a7fc4; --same: #c9d1da; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ee; --soft: #a3adba; --page: #14181e; --line: #333b46; --box: #1c222a;
    --bad: #ff8b80; --good: #7bd3a0; --warn: #e7b858; --failed: #f0685c; --left: #dba84b; --done: #5b9bdb; --same: #3d4753; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0.5rem 0 1rem; overflow-wrap: anywhere; }
h1.failed, h1.interrupted, article h3 { color: var(--bad); }
h1.done { color: var(--good); }
h1.paused { color: var(--warn); }
h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
article { background: var(--box); border-left: 4px solid var(--failed); padding: 0.75rem 1rem; margin: 0.75rem 0; }
article p { margin: 0.25rem 0; overflow-wrap: anywhere; }
pre { overflow-x: auto; margin: 0.5rem 0; font: 0.875rem/1.4 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0.5rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; min-width: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; font-weight: 600; white-space: normal; overflow-wrap: anywhere; min-width: 10rem; }
thead th { color: var(--soft); font-weight: 400; }
figure { margin: 0.75rem 0; }
figcaption, small { color: var(--soft); font-size: 0.9rem; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; }
svg.time { height: 8rem; border-bottom: 1px solid var(--line); }
path.failed { fill: var(--failed); } path.left { fill: var(--left); } path.done { fill: var(--done); } path.same { fill: var(--same); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; margin: 0.5rem 0; }
.key { display: inline-block; width: 0.8em; height: 0.8em; }
.key.failed { background: var(--failed); } .key.left { background: var(--left); } .key.done { background: var(--done); } .key.same { background: var(--same); }
li { overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.35rem; } }
@media print { main { max-width: none; padding: 0; } article, figure, tr { break-inside: avoid; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; } .scroll { overflow-x: visible; }
  path, .key { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;

/** What the page's policy allows, and nothing else: this style. A test holds it against the text above. */
export const styleHash = "sha256-TTkRhf88DY8zBgMOyPoXBzw0C1Ype32Gxb6smLsWDQA=";
