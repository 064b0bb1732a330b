import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { forSink, merge } from '../../src/alert/merge.ts';
import { openSpool } from '../../src/alert/spool.ts';
import { AT, alert, dispatch, makeRoot, told } from './support.ts';

const numbered = (number: number) =>
  dispatch({ id: `id-${number}`, at: AT, notifications: [told({ alert: alert({ code: `CODE_${number}` }) })] });

async function drain(spool: Awaited<ReturnType<typeof openSpool>>): Promise<string[]> {
  const ids: string[] = [];
  for (let next = await spool.first(); next !== null; next = await spool.first()) {
    ids.push(next.dispatch.id);
    await spool.remove(next.name);
  }
  return ids;
}

test('what comes first leaves first, also after a restart, and when the clock was set back', async (t) => {
  const directory = (await makeRoot(t)).at('/spool/mail');
  const spool = await openSpool(directory);
  await Promise.all([1, 2, 3].map((number) => spool.add(numbered(number))));
  const again = await openSpool(directory);
  await again.add({ ...numbered(4), at: AT - 1_000_000 });
  assert.deepEqual(await drain(again), ['id-1', 'id-2', 'id-3', 'id-4']);
  assert.deepEqual(await readdir(directory), []);
});

test('only root reads what waits', async (t) => {
  const directory = (await makeRoot(t)).at('/spool/mail');
  await (await openSpool(directory)).add(numbered(1));
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  const [name = ''] = await readdir(directory);
  assert.match(name, /^\d{15}-id-1\.json$/);
  assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600);
});

test('from the fifty-first on, what waits becomes one message with the latest state of each alert', async (t) => {
  const directory = (await makeRoot(t)).at('/spool/mail');
  const spool = await openSpool(directory);
  for (let number = 1; number <= 60; number++) await spool.add(numbered(number));
  const raised = alert({ code: 'CODE_60' });
  await spool.add(dispatch({ id: 'end', notifications: [told({ status: 'cleared', alert: raised })], allClear: true }));
  assert.equal(spool.size(), 50);
  const again = await openSpool(directory);
  for (let number = 1; number < 50; number++) await again.remove((await again.first())!.name);
  const { dispatch: sum } = (await again.first())!;
  assert.equal(sum.merged, 12);
  assert.equal(sum.id, 'id-50');
  assert.equal(sum.allClear, true);
  assert.deepEqual(
    sum.notifications.map((each) => `${each.status} ${each.alert.code}`),
    [...[50, 51, 52, 53, 54, 55, 56, 57, 58, 59].map((number) => `raised CODE_${number}`), 'cleared CODE_60'],
  );
});

test('messages of two identities of the node never become one', async (t) => {
  const spool = await openSpool((await makeRoot(t)).at('/spool/mail'));
  for (let number = 1; number <= 50; number++) await spool.add(numbered(number));
  const { node } = dispatch();
  await spool.add(dispatch({ id: 'moved', node: { ...node, labels: { site: 'oslo' } } }));
  assert.equal(spool.size(), 51);
  assert.equal((await drain(spool)).at(-1), 'moved');
});

test('a damaged file is put aside and does not hold up the rest; foreign files are left alone', async (t) => {
  const directory = (await makeRoot(t)).at('/spool/mail');
  const spool = await openSpool(directory);
  await spool.add(numbered(1));
  await spool.add(numbered(2));
  const [first = ''] = (await readdir(directory)).sort();
  await writeFile(join(directory, first), '{"id": ');
  await writeFile(join(directory, 'notes.txt'), 'mine');
  assert.deepEqual(await drain(await openSpool(directory)), ['id-2']);
  assert.deepEqual((await readdir(directory)).sort(), [`${first}.damaged`, 'notes.txt']);
});

/** What another version of certagent could have left, and what becomes of it. */
const VERSIONS: Record<string, { version?: unknown; extra?: object; left: string[] }> = {
  'of the version before, without one': { left: [] },
  'of this version': { version: 1, extra: { tried: 5 }, left: [] },
  'of this version, with a key it does not know': { version: 1, extra: { later: true }, left: [] },
  'of a newer version': { version: 2, left: ['000000000000001-id-1.json.newer'] },
};
for (const [what, { version, extra, left }] of Object.entries(VERSIONS)) {
  test(`a file ${what} is ${left.length === 0 ? 'sent' : 'kept, reported and passed over'}`, async (t) => {
    const directory = (await makeRoot(t)).at('/spool/mail');
    await mkdir(directory, { recursive: true });
    const text = JSON.stringify({ ...(version === undefined ? {} : { version }), ...extra, ...numbered(1) });
    await writeFile(join(directory, '000000000000001-id-1.json'), text);
    const aside: string[] = [];
    const spool = await openSpool(directory, { putAside: (name) => aside.push(name) });
    assert.deepEqual(await drain(spool), left.length === 0 ? ['id-1'] : []);
    assert.deepEqual(await readdir(directory), left);
    assert.deepEqual(aside, left);
  });
}

test('an alert that cannot be written to the disk is kept in memory and still delivered', async (t) => {
  const root = await makeRoot(t);
  // A file where the directory should be: refused for root, too.
  await writeFile(root.at('/spool'), '');
  const spool = await openSpool(root.at('/spool/mail'));
  assert.deepEqual(await spool.add(numbered(1)), { kept: 'memory', why: 'ENOTDIR' });
  assert.deepEqual(await drain(spool), ['id-1']);
  await chmod(root.at('/spool'), 0o600);
});

test('a sink gets the alerts that it is configured for, and the all-clear of those it got', () => {
  const codes = (least: 'info' | 'warning' | 'critical') =>
    forSink(
      dispatch({
        notifications: [
          told({ alert: alert({ code: 'C', severity: 'critical' }) }),
          told({ alert: alert({ code: 'W', severity: 'warning' }) }),
          told({ status: 'cleared', alert: alert({ code: 'WAS_CRITICAL', severity: 'info' }), worst: 'critical' }),
          told({ status: 'event', alert: alert({ code: 'I', severity: 'info' }) }),
        ],
      }),
      least,
    )?.notifications.map((each) => each.alert.code);
  assert.deepEqual(codes('info'), ['C', 'W', 'WAS_CRITICAL', 'I']);
  assert.deepEqual(codes('warning'), ['C', 'W', 'WAS_CRITICAL']);
  assert.deepEqual(codes('critical'), ['C', 'WAS_CRITICAL']);
  assert.equal(forSink(dispatch({ notifications: [told({ alert: alert({ severity: 'info' }) })] }), 'critical'), null);
});

test('a sink gets no all-clear for an alert that it never got', () => {
  const sent = (last: { severity: 'info' | 'critical'; worst: 'info' | 'critical' }) =>
    forSink(dispatch({ notifications: [told({ sent: last })] }), 'warning')!.notifications[0]!.sent;
  assert.equal(sent({ severity: 'info', worst: 'info' }), null);
  assert.deepEqual(sent({ severity: 'info', worst: 'critical' }), { severity: 'info', worst: 'critical' });
});

test('two messages about an alert that become one keep the state that the sink last saw', () => {
  const first = told({ alert: alert({ severity: 'warning' }), sent: null });
  const second = told({ sent: { severity: 'warning', worst: 'warning' } });
  const [both] = merge(dispatch({ notifications: [first] }), dispatch({ notifications: [second] })).notifications;
  assert.deepEqual([both!.alert.severity, both!.sent], ['critical', null]);
});
