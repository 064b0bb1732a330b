// `npm run simulate [-- SHARE]`: a year of 10,000 nodes, or of a share of them such as 0.1. Prints a table; exits with 1 when a
// promise is broken.
import { WHOLE } from './fleet.ts';
import { simulate } from './simulate.ts';
import { brokenPromises, tableOf } from './table.ts';

const share = Number(process.argv[2] ?? 1);
if (!(share > 0 && share <= 1)) {
  console.error('usage: npm run simulate [-- SHARE]    SHARE: of the 10,000 nodes, such as 0.1');
  process.exit(2);
}
const part = (count: number) => Math.max(1, Math.round(count * share));
const began = performance.now();
const figures = simulate({ clusters: part(WHOLE.clusters), singles: part(WHOLE.singles), agents: part(WHOLE.agents) });
console.log(tableOf(figures));
console.log(`\n${((performance.now() - began) / 1_000).toFixed(0)} s`);
const broken = brokenPromises(figures);
for (const promise of broken) console.error(`broken: ${promise}`);
process.exitCode = broken.length > 0 ? 1 : 0;
