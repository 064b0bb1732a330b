// The commands of an operator who looks around and takes a renewal back, each with the programs of the machine that it rests on.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { DAY } from '../../../src/domain/time/duration.ts';
import { eventually } from '../../testnode/support.ts';
import { checked, configure, journal, type Scene, served } from '../support.ts';

/** `certificate`: of the component that listens on `port`. */
export function operates(
  t: TestContext,
  here: Scene,
  { certificate, port, restores }: { certificate: string; port: number; restores: boolean },
): Promise<void> {
  return t.test('doctor, explain, logs, check, completion and restore as an operator uses them', async () => {
    // A renewal that a restore makes due again must not begin by itself.
    await configure(here, 'renew', '', 'closed');
    await here.machine.must('systemctl', 'reload', 'certagent');
    await checked(here);
    await looksAround(here, certificate);
    await followsTheLog(here);
    await completes(here, certificate);
    await (restores ? takesBack(here, port) : isToldWhyNot(here));
  });
}

async function looksAround({ machine }: Scene, certificate: string): Promise<void> {
  const doctor = await machine.run('certagent', 'doctor');
  // Nothing can synchronise the clock of a machine without a network, which is a warning.
  assert.deepEqual([doctor.code, /^FAILS/m.test(doctor.stdout)], [6, false], doctor.stdout);
  for (const what of ['sinks', 'ca-keys', 'servers', 'daemon'])
    assert.match(doctor.stdout, new RegExp(`^ok +${what} `, 'm'));
  const explained = await machine.must('certagent', 'explain', certificate);
  assert.match(explained, /\n {2}Renewed by +certagent, /);
  assert.match(explained, /\nWhat prevents a renewal: nothing\n/);
  const check = await machine.run('certagent', 'check');
  // K3s's listener of the stand-in lies in a file that others can read, as that of v1.21 does: a warning.
  assert.ok(check.code === 0 || check.code === 1, check.stdout);
  assert.equal(check.stderr, '');
  assert.match(check.stdout, /^CERTAGENT (OK|WARNING) - [^|\n]+ \| days_left=\d+;30:;7: .*\n$/);
  const asUser = await machine.as('carol', 'certagent', 'doctor');
  assert.deepEqual([asUser.code, asUser.stdout], [1, '']);
  assert.match(asUser.stderr, /\(NOT_ROOT\)\nWhat to do: Run it as root/);
}

/** Real journald: what is logged is shown at once, and a signal to certagent leaves no journalctl behind. */
async function followsTheLog(here: Scene): Promise<void> {
  const { machine } = here;
  const follows = 'certagent logs -f --since 1s >/root/followed 2>&1 & echo $!';
  const pid = (await machine.must('sh', '-c', follows)).trim();
  const running = async () =>
    (await machine.run('sh', '-c', `grep -qs -e '[-]-follow' /proc/[0-9]*/cmdline`)).code === 0;
  await eventually(running);
  await machine.must('certagent', 'reload');
  await eventually(async () => (await machine.must('cat', '/root/followed')).includes('configuration loaded'));
  await machine.must('sh', '-c', `kill -TERM ${pid}`);
  await eventually(async () => !(await running()));
  const plan = plansOf(here).at(-1)!;
  assert.match(await machine.must('certagent', 'logs', '--plan', plan), /\(plan=\S+, step=1, /);
  assert.doesNotMatch(await machine.must('certagent', 'logs', '-p', 'err'), /configuration loaded/);
}

/** In a real bash, which asks the installed certagent for the names. */
async function completes({ machine }: Scene, certificate: string): Promise<void> {
  const offered = async (...words: string[]) => {
    const script = `. /usr/share/bash-completion/completions/certagent; COMP_WORDS=(certagent ${words.join(' ')}); COMP_CWORD=${words.length}; _certagent; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await machine.must('bash', '-c', script)).trim().split('\n');
  };
  assert.deepEqual(await offered('stat'), ['status']);
  assert.ok((await offered('explain', certificate.slice(0, 5))).includes(certificate));
  const attempts = JSON.parse(await machine.must('certagent', 'history', '-o', 'json')).attempts as {
    planId: string;
  }[];
  assert.deepEqual(
    await offered('history', `''`),
    attempts.map(({ planId }) => planId),
  );
  assert.deepEqual(await offered('logs', '-p', 'war'), ['warning']);
  assert.ok((await offered('alert', 'silence', 'CA_')).includes('CA_ENDING'));
}

async function takesBack(here: Scene, port: number): Promise<void> {
  const { machine } = here;
  const first = plansOf(here).at(0)!;
  assert.match(await machine.must('certagent', 'restore'), new RegExp(`^${first} `, 'm'));
  assert.match(
    await machine.must('certagent', 'restore', first, '--yes'),
    /\nRestored \d+ certificates from the backup /,
  );
  assert.ok((await served(here, port)).validToDate.getTime() < Date.now() + 70 * DAY);
  assert.match(await machine.must('certagent', 'history'), new RegExp(`restore of ${first}, succeeded`));
}

async function isToldWhyNot(here: Scene): Promise<void> {
  const plan = plansOf(here).at(-1)!;
  const refused = await here.machine.run('certagent', 'restore', plan, '--yes');
  assert.equal(refused.code, 4);
  assert.match(refused.stdout, /RESTORE_REPLACED: .*\n +What to do: /);
}

/** Names of the plans that have ended, the oldest first. */
function plansOf(here: Scene): string[] {
  return journal(here).flatMap((record) => (record.type === 'plan-ended' ? [record.planId] : []));
}
