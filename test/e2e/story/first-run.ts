// What an operator does and sees on the first day: installs, reads the status, lets others read it, enables renewals.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { DAY } from '../../../src/domain/time/duration.ts';
import { CONFIG_FILE } from '../../../src/host/root.ts';
import { eventually } from '../../testnode/support.ts';
import {
  COPY,
  checked,
  configure,
  daysOf,
  fingerprint,
  install,
  lines,
  ownerOf,
  property,
  type Scene,
  served,
  statusOnce,
} from '../support.ts';

export function installs(t: TestContext, here: Scene, type: 'notify' | 'notify-reload'): Promise<void> {
  const { machine } = here;
  return t.test('installed with apt: active, notified, observing, and nothing of the node is changed', async () => {
    const before = await fingerprint(here);
    await install(here, here.deb);
    assert.equal(await property(here, 'ActiveState'), 'active');
    assert.equal(await property(here, 'Type'), type);
    assert.equal(await property(here, 'UnitFileState'), 'enabled');
    const report = await checked(here);
    assert.equal(report.mode, 'observe');
    assert.equal(report.source, 'daemon');
    // What is due is reported, and not changed.
    assert.equal(report.renewal.kind, 'observing');
    assert.match(await property(here, 'StatusText'), /^observing; .*first expires in .* \(.+\)$/);
    const comm = await machine.must('cat', `/proc/${await property(here, 'MainPID')}/comm`);
    assert.equal(comm.trim(), 'certagent');
    // The journal says what is wrong, also where alerts have no sink.
    const entries = await lines(here);
    const sent = report.alerts.filter(({ lastSentAt }) => lastSentAt !== null);
    for (const { alert } of sent) {
      const priority = { critical: 3, warning: 4, info: 6 }[alert.severity];
      const shown = entries.filter(({ text }) => text.includes(`code=${alert.code},`)).map((entry) => entry.priority);
      assert.deepEqual(shown, [priority], alert.code);
    }
    assert.ok(entries.some(({ text }) => /only observes: it would renew/.test(text)));
    await machine.run('certagent', 'check', '--now');
    await machine.run('certagent', 'sync', '--dry-run');
    assert.equal(await fingerprint(here), before);
  });
}

export function unitInOrder(t: TestContext, { machine }: Scene): Promise<void> {
  return t.test('the unit is in order and its sandbox at 3.0 or lower', async () => {
    const verified = await machine.run('systemd-analyze', 'verify', 'certagent.service');
    assert.deepEqual(verified, { code: 0, stdout: '', stderr: '' });
    const told = await machine.run('systemd-analyze', 'security', '--threshold=30', '--no-pager', 'certagent.service');
    assert.equal(told.code, 0, told.stdout);
    t.diagnostic(told.stdout.trim().split('\n').at(-1) ?? '');
  });
}

export function whoMayAsk(t: TestContext, here: Scene): Promise<void> {
  const { machine } = here;
  return t.test('the status is for root and the group; others get the reason and what to do', async () => {
    const before = await fingerprint(here);
    assert.match(await machine.must('certagent', 'status'), /observe only/);
    await machine.must('usermod', '--append', '--groups', 'certagent', 'bob');
    const asMember = await machine.as('bob', 'certagent', 'status');
    assert.equal(asMember.code, 0, asMember.stderr);
    assert.match(asMember.stdout, /observe only/);
    for (const user of ['carol', 'nobody']) {
      const refused = await machine.as(user, 'certagent', 'status');
      assert.equal(refused.code, 1);
      assert.equal(refused.stdout, '');
      assert.match(refused.stderr, /status\.sock may not be used by this user/);
      assert.match(refused.stderr, /usermod -aG certagent/);
    }
    for (const words of [['reload'], ['sync'], ['enable', '--yes']])
      assert.equal((await machine.as('bob', 'certagent', ...words)).code, 1, words[0]);
    assert.match((await machine.as('bob', 'certagent', 'reload')).stderr, /only root/);
    assert.equal(await fingerprint(here), before);
  });
}

export function asksFirst(t: TestContext, here: Scene): Promise<void> {
  const { machine } = here;
  return t.test('certagent enable shows the plan first, and accepts a no', async () => {
    await configure(here, 'observe');
    await machine.must('systemctl', 'reload', 'certagent');
    const [before, config] = [await fingerprint(here), await machine.must('cat', CONFIG_FILE)];
    // script(1) is the terminal without which nobody is asked.
    const answered = await machine.run('sh', '-c', `echo n | script --quiet --return -c 'certagent enable' /dev/null`);
    assert.equal(answered.code, 1, answered.stdout);
    const told = stripVTControlCharacters(answered.stdout);
    const order = [/What would run \(\d+ steps\)/, /Let certagent renew on this node\?/, /Nothing was changed/];
    const at = order.map((pattern) => told.search(pattern));
    assert.ok(
      at.every((where, index) => where > (at[index - 1] ?? -1)),
      told,
    );
    assert.equal((await checked(here)).mode, 'observe');
    assert.equal(await machine.must('cat', CONFIG_FILE), config);
    assert.equal(await fingerprint(here), before);
  });
}

/** `port`: of the component whose certificate a client sees first. */
export function renews(t: TestContext, here: Scene, port: number): Promise<void> {
  const { machine, mail, node } = here;
  return t.test(
    'enabled: renewed under the sandbox, with the copy of another user, an email and a webhook',
    async () => {
      await machine.must('certagent', 'enable', '--yes');
      const report = await statusOnce(
        ({ renewal, lastAttempt }) => renewal.kind === 'none' && lastAttempt?.result === 'succeeded',
        here,
      );
      assert.equal(report.mode, 'renew');
      assert.ok(report.served.length > 0 && report.served.every(({ state }) => state === 'current'));
      assert.ok((await served(here, port)).validToDate.getTime() > Date.now() + 300 * DAY);
      assert.ok(daysOf(here, node.kubeconfig) > 300);
      await eventually(() => daysOf(here, COPY) > 300);
      assert.equal(await ownerOf(here, COPY), 'alice:alice 600');
      const asked = await machine.as('alice', 'kubectl', 'get', '--raw=/api');
      assert.equal(asked.code, 0, asked.stderr);
      assert.equal(await ownerOf(here, `${COPY}.certagent-backup`), 'alice:alice 600');
      assert.equal(await ownerOf(here, node.kubeconfig), 'root:root 600');
      assert.equal(await ownerOf(here, CONFIG_FILE), 'root:certagent 640');
      await mail.hears('event', 'RENEWED');
      await eventually(() => mail.emails.some((email) => /^Subject: .*[Rr]enewed/m.test(email)));
    },
  );
}

export function oneLineAStep(t: TestContext, here: Scene): Promise<void> {
  return t.test('journald has one line per step, in order, and no secret', async () => {
    const steps = (await lines(here)).flatMap(({ text }) => /step=(\d+), steps=(\d+), state=(\w+)/.exec(text) ?? []);
    const count = Number(steps[2] ?? 0);
    assert.ok(count > 4);
    assert.deepEqual(
      steps.flatMap((_, at) => (at % 4 === 0 ? [`${steps[at + 1]} ${steps[at + 3]}`] : [])),
      Array.from({ length: count }, (_, index) => `${index + 1} done`),
    );
    const log = await here.machine.must('journalctl', '--unit=certagent', '--output=cat', '--no-pager');
    assert.doesNotMatch(log, /PRIVATE KEY|key-data/);
  });
}
