import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { crash, evenly, inWords, ofEachKind } from './matrix.ts';
import { PLANS } from './plans.ts';

/** All points of all plans take hours: `npm run crash-matrix`. */
const TRIED = ['kubeadm, signal', 'kubeadm, move', 'K3s', 'kubeadm, rolled back', 'kubeadm, external CA installed'];
const POINTS = 5;
/** Of these, points around their hooks. */
const HOOKED = ['kubeadm, hooks', 'kubeadm, hooks, rolled back'];
const HOOK_POINTS = 2;
/** Of this one, points while the certificate with more names is made and put in place. */
const NAMED = 'kubeadm, names';
const NAME_POINTS = 2;

describe('an agent that is killed', { concurrency: 3 }, () => {
  const totals = { tried: 0, recovered: 0 };
  after(() => console.log(`${totals.tried} points tried, ${totals.recovered} recovered`));

  for (const plan of PLANS.filter(({ name }) => [...TRIED, ...HOOKED, NAMED].includes(name))) {
    it(`finishes or undoes its plan at the next start: ${plan.name}`, async (t) => {
      const failures: string[] = [];
      const figures = await crash(plan, {
        choose: (points) => chosen(plan.name, points),
        stride: 0,
        seed: 1,
        workers: 1,
        failed: (line) => failures.push(line),
      });
      totals.tried += figures.tried;
      totals.recovered += figures.recovered;
      t.diagnostic(inWords(figures));
      assert.deepEqual(failures, []);
      assert.ok(figures.tried > 0);
    });
  }
});

function chosen(plan: string, points: string[]): number[] {
  if (plan === NAMED) return evenly(whileNamesAreAdded(points), NAME_POINTS);
  return HOOKED.includes(plan) ? evenly(aroundHooks(points), HOOK_POINTS) : evenly(ofEachKind(points, 1), POINTS);
}

/** From the first call for its directory to the one that removes it. */
function whileNamesAreAdded(points: string[]): number[] {
  const about = points.flatMap((point, index) => (/\/rehearsals\/[0-9a-f]{12}/.test(point) ? [index + 1] : []));
  const [first = 1, last = first] = [about[0], about.at(-1)];
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Numbers of the calls that start a hook, or follow its end. */
function aroundHooks(points: string[]): number[] {
  return points.flatMap((point, index) => (point.includes('systemd-run') ? [index + 1] : []));
}
