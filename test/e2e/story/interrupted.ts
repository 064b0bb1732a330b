// An interrupted renewal: the next start finishes or undoes it.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { eventually } from '../../testnode/support.ts';
import { checked, inStep, journal, property, type Scene, statusOnce } from '../support.ts';

export function stopped(t: TestContext, here: Scene): Promise<void> {
  const { machine } = here;
  return t.test(
    'systemctl stop in the middle of a renewal: the step in hand is ended, the next start does the rest',
    async () => {
      const known = journal(here).length;
      const renewing = machine.run('certagent', 'renew', '--force', '--yes');
      await inStep(here, 'cycle', known);
      await machine.must('systemctl', 'stop', 'certagent');
      assert.equal(await property(here, 'Result'), 'success');
      assert.notEqual((await renewing).code, 0);
      assert.equal(journal(here).at(-1)?.type, 'step-done');
      await machine.must('systemctl', 'start', 'certagent');
      await recovered(here, known);
    },
  );
}

/**
 * `begin` begins a renewal, `kind` is the step that it is interrupted in. A power cut stops every process at once; what
 * the machine's disk had been given by then stays, for it is this machine's kernel that keeps it.
 */
export function poweredOff(
  t: TestContext,
  here: Scene,
  how: 'a reboot' | 'a power cut',
  kind: string,
  begin: () => Promise<unknown>,
): Promise<void> {
  const { machine, mail } = here;
  return t.test(`${how} in the middle of a renewal: the next boot finishes or undoes it`, async () => {
    await checked(here);
    const known = journal(here).length;
    // Not awaited: it exits with the machine.
    void begin();
    await inStep(here, kind, known);
    if (how === 'a reboot') await machine.powerOff();
    else await machine.cutPower();
    assert.notEqual(journal(here).at(-1)?.type, 'plan-ended');
    await machine.boot();
    await mail.open(machine);
    await recovered(here, known);
  });
}

/** The plan begun after `known` records has an outcome, the servers serve what is on disk, and an alert reported it. */
async function recovered(here: Scene, known: number): Promise<void> {
  const over = () =>
    journal(here)
      .slice(known)
      .some(({ type }) => type === 'plan-ended');
  await eventually(over);
  const report = await statusOnce(
    ({ renewal, running, nextCheckAt }) => renewal.kind === 'none' && running === null && nextCheckAt !== null,
    here,
  );
  assert.ok(
    report.served.length > 0 && report.served.every(({ state }) => state === 'current'),
    JSON.stringify(report.served),
  );
  assert.equal(await here.machine.must('systemctl', 'is-active', here.node.unit), 'active\n');
  await here.mail.hears('event', 'RECOVERED');
}
