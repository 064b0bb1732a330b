// A start of K3s that hangs: what is healed, what is reported and left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { PlanSettings } from '../../../src/domain/plan/planner.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { readLeaf } from '../../../src/host/leaf.ts';
import type { Root } from '../../../src/host/root.ts';
import { unitState } from '../../../src/host/systemd.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { recover } from '../../../src/renew/engine/recover.ts';
import { dynamicCertText, parseDynamicCert } from '../../../testnode/dynamic-cert.ts';
import { listenerSans, listenerSubject } from '../../../testnode/k3s-certificates.ts';
import { readNodeRecord } from '../../../testnode/options.ts';
import { issueCertificate } from '../../../testnode/pki.ts';
import { type Stage, stage } from '../support.ts';

const TLS = '/var/lib/rancher/k3s/server/tls';
const LISTENER = `${TLS}/dynamic-cert.json`;
const TRIGGER = `${TLS}/dynamic-cert-regenerate`;
const mayHeal = async () => true;

describe('a start that hangs', { concurrency: 2 }, () => {
  it('is ended and replaced, once, when it waits for its own listener, which expired after the plan was made', async (t) => {
    const { plan, context, root, told, journal } = await hanging(t);
    assert.ok(plan.steps.every(({ kind }) => kind !== 'regenerate-listener'));
    const outcome = await execute(plan, 'schedule', { ...context, mayHeal });
    assert.equal(outcome.error, null);
    assert.equal(outcome.result, 'succeeded');
    await assertHealed(root);
    assert.ok(told.some(({ detail }) => /^for k3s to start; its log says: .*\(LISTENER_EXPIRED\)$/.test(detail)));
    const done = (await journal.records()).flatMap((each) => (each.type === 'step-done' ? [each.detail] : []));
    assert.equal(done.filter((detail) => detail.includes(`so ${TRIGGER} was created`)).length, 1);
  });

  it('is left where certagent may not heal it: it observes, or the clock is in doubt', async (t) => {
    const { plan, context, root } = await hanging(t, { restart: 15_000 });
    const outcome = await execute(plan, 'schedule', { ...context, mayHeal: async () => false });
    assert.equal(outcome.error?.code, 'UNIT_RESTART_TIMEOUT');
    assert.match(outcome.error.message, /did not finish in time; its log says: .* \(LISTENER_EXPIRED\)/);
    assert.match(outcome.error.remedy ?? '', /dynamic-cert-regenerate/);
    await assertLeft(root);
  });

  it('is left when it waits for another server, although its listener has expired', async (t) => {
    const { plan, context, root, faults } = await hanging(t, { restart: 15_000 });
    await faults({ k3s: 'waits-for-server' });
    const outcome = await execute(plan, 'schedule', { ...context, mayHeal });
    assert.equal(outcome.error?.code, 'UNIT_RESTART_TIMEOUT');
    assert.match(
      outcome.error.message,
      /waits for the server 10\.0\.0\.2:6443, which does not answer \(SERVER_UNREACHABLE\)/,
    );
    assert.match(outcome.error.remedy ?? '', /Bring 10\.0\.0\.2:6443 back/);
    await assertLeft(root);
  });

  it('ends in an error that names the CA files, when the datastore holds others; none is touched', async (t) => {
    const { plan, context, root } = await stage(t, { kind: 'k3s-server' });
    const ca = `${TLS}/request-header-ca.crt`;
    // A comment more is another file for the datastore, and the same CA for everything else.
    await writeFile(root.at(ca), `# changed\n${await readFile(root.at(ca), 'utf8')}`);
    const changed = await readFile(root.at(ca), 'utf8');
    const outcome = await execute(plan, 'schedule', { ...context, mayHeal });
    assert.equal(outcome.error?.code, 'UNIT_RESTART_FAILED');
    assert.match(outcome.error.message, /request-header-ca\.crt differ .*\(CA_NEWER_THAN_DATASTORE\)/);
    assert.equal(await readFile(root.at(ca), 'utf8'), changed);
  });

  it('that succeeds and ends seconds later of a broken certificate is no success, and the error says why', async (t) => {
    const { plan, context, root } = await stage(t, { kind: 'k3s-server', limits: { restart: 20_000, settle: 1_500 } });
    await mkdir(root.at(`${TLS}/kube-scheduler`));
    for (const name of ['crt', 'key'])
      await writeFile(root.at(`${TLS}/kube-scheduler/kube-scheduler.${name}`), 'garbage');
    const outcome = await execute(plan, 'schedule', { ...context, mayHeal });
    assert.equal(outcome.error?.code, 'UNIT_NOT_READY');
    assert.match(
      outcome.error.message,
      /its scheduler cannot read a certificate or a key as PEM \(BROKEN_CERTIFICATE\)/,
    );
  });

  for (const isPlaced of [false, true]) {
    const when = isPlaced ? 'between the trigger and the second start' : 'when it saw the hang';
    it(`is healed by the next certagent when this one was killed ${when}`, async (t) => {
      const on = await hanging(t);
      await killedWhileWaiting(on);
      assert.equal((await unitState(on.root, 'k3s')).activeState, 'activating');
      if (isPlaced) await writeFile(on.root.at(TRIGGER), '', { mode: 0o600 });
      const outcome = await recover({ ...on.context, mayHeal });
      assert.equal(outcome?.error, null);
      assert.equal(outcome?.result, 'succeeded');
      await assertHealed(on.root);
    });
  }
});

/** A v1.32.3 whose plan was made while its listener was valid. */
async function hanging(t: TestContext, limits: Partial<PlanSettings['limits']> = {}): Promise<Stage> {
  const on = await stage(t, { kind: 'k3s-server', version: 'v1.32.3+k3s1', speed: 0.05, limits });
  const file = on.root.at(LISTENER);
  const node = readNodeRecord(on.node.root);
  const { keyPem } = parseDynamicCert(await readFile(file, 'utf8'));
  const read = (name: string) => readFile(on.root.at(`${TLS}/server-ca.${name}`), 'utf8');
  const expired = await issueCertificate({
    ca: { certificatePem: await read('crt'), keyPem: await read('key') },
    subject: listenerSubject(node),
    sans: listenerSans(node),
    usages: ['server'],
    notBefore: node.caStarts,
    notAfter: Date.now() - DAY,
    keyPem,
  });
  await writeFile(file, dynamicCertText('k3s', expired, listenerSans(node), 364));
  return on;
}

async function assertHealed(root: Root): Promise<void> {
  assert.ok((await readLeaf(root, LISTENER)).certificate.notAfter > Date.now() + 300 * DAY);
  await assert.rejects(stat(root.at(TRIGGER)), { code: 'ENOENT' });
  assert.equal((await unitState(root, 'k3s')).activeState, 'active');
}

async function assertLeft(root: Root): Promise<void> {
  await assert.rejects(stat(root.at(TRIGGER)), { code: 'ENOENT' });
  assert.ok((await readLeaf(root, LISTENER)).certificate.notAfter < Date.now());
  assert.equal((await unitState(root, 'k3s')).activeState, 'activating');
}

const file = (path: string) => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url));
const EXECUTE = `
  import { execute } from ${file('renew/engine/execute.ts')};
  import { ACTORS } from ${file('renew/steps/actors.ts')};
  import { openJournal } from ${file('renew/journal/journal-file.ts')};
  import { Root } from ${file('host/root.ts')};
  import { readFileSync } from 'node:fs';
  const root = new Root(process.argv[2]);
  const progress = ({ detail }) => {
    if (detail.includes('LISTENER_EXPIRED')) process.kill(process.pid, 'SIGKILL');
  };
  const context = { root, journal: await openJournal(root), actors: ACTORS, now: Date.now, progress, backups: 5, pollInterval: 100 };
  await execute(JSON.parse(readFileSync(process.argv[3], 'utf8')), 'manual', context);
`;

/** In a process of its own that is killed with -9. */
async function killedWhileWaiting({ node, plan }: Stage): Promise<void> {
  const directory = join(node.root, '..');
  await writeFile(join(directory, 'agent.ts'), EXECUTE);
  await writeFile(join(directory, 'plan.json'), JSON.stringify(plan));
  const words = [join(directory, 'agent.ts'), node.root, join(directory, 'plan.json')];
  const agent = spawn(process.execPath, ['--no-warnings', ...words], { stdio: 'inherit' });
  assert.deepEqual((await once(agent, 'exit'))[1], 'SIGKILL');
}
