// `npm run crash-matrix [-- --plan NAME --most N --stride N --seed N --workers N]`: every point of every plan. `--most N`:
// of each kind of point N at most.
import { parseArgs } from 'node:util';
import { crash, inWords, ofEachKind } from './matrix.ts';
import { PLANS } from './plans.ts';

const { values } = parseArgs({
  options: {
    plan: { type: 'string', default: '' },
    most: { type: 'string', default: 'Infinity' },
    stride: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    workers: { type: 'string', default: '2' },
  },
});
const totals = { tried: 0, recovered: 0 };
console.log(`seed ${values.seed}`);
for (const plan of PLANS.filter(({ name }) => name.includes(values.plan))) {
  const figures = await crash(plan, {
    choose: (points) => ofEachKind(points, Number(values.most)),
    stride: Number(values.stride),
    seed: Number(values.seed),
    workers: Number(values.workers),
    failed: (line) => console.log(`  ${line}`),
    progress: (line) => process.stderr.isTTY && process.stderr.write(`\r${line}   `),
  });
  console.log(inWords(figures));
  totals.tried += figures.tried;
  totals.recovered += figures.recovered;
}
console.log(`${totals.tried} points tried, ${totals.recovered} recovered`);
process.exitCode = totals.tried === totals.recovered && totals.tried > 0 ? 0 : 1;
