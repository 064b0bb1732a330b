// Programs of the node that hang, flood, die or do nothing: the renewal stops within a time limit and the node does not change.
import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { PlanOutcome } from '../../src/domain/model/journal.ts';
import {
  assertAsBefore,
  assertTold,
  type Ground,
  type GroundOptions,
  ground,
  inFrontOf,
  renewWith,
} from './support.ts';

type Case = {
  options?: GroundOptions;
  damage?: (on: Ground) => Promise<void>;
  /** Code and message of the outcome. */
  says: RegExp;
  remedy: RegExp;
  result: PlanOutcome['result'];
};

const onRenew = (script: string) => (on: Ground) =>
  inFrontOf(on.node, 'usr/bin/kubeadm', `case "$*" in *"certs renew"*) ${script};; esac`);
const onRestart = (script: string) => (on: Ground) =>
  inFrontOf(on.node, 'usr/bin/systemctl', `case "$1" in restart) ${script};; esac`);
const K3S: GroundOptions = { kind: 'k3s-server' };

const cases: Record<string, Case> = {
  'kubeadm hangs and does not listen to SIGTERM': {
    options: { renew: { kubeadm_limit: '2s' } },
    damage: onRenew("trap '' TERM; exec /bin/sleep 600"),
    says: /^KUBEADM_TIMEOUT kubeadm certs renew \S+.* did not finish within 2 s/,
    remedy: /--config/,
    result: 'rolled-back',
  },
  'kubeadm prints 100 MB': {
    damage: onRenew('"$REAL" "$@"; exec /usr/bin/head -c 100000000 /dev/zero'),
    // Its output is cut at a mebibyte, on which it dies: of a broken pipe, or by our signal.
    says: /^KUBEADM_FAILED kubeadm certs renew \S+.* (exited with|was killed by)/,
    remedy: /by hand/,
    result: 'rolled-back',
  },
  'kubeadm is killed after it has written': {
    damage: onRenew('"$REAL" "$@"; kill -KILL $$'),
    says: /^KUBEADM_FAILED kubeadm certs renew \S+.* was killed by SIGKILL/,
    remedy: /by hand/,
    result: 'rolled-back',
  },
  'systemctl restart fails': {
    options: { ...K3S, faults: { systemctl: 'fails' } },
    says: /^UNIT_RESTART_FAILED systemctl restart k3s exited with 1/,
    remedy: /journalctl -u k3s/,
    result: 'failed',
  },
  'systemctl restart hangs': {
    options: { ...K3S, renew: { restart_limit: '2s' } },
    damage: onRestart("trap '' TERM; exec /bin/sleep 600"),
    says: /^UNIT_RESTART_TIMEOUT systemctl restart k3s did not finish in time/,
    remedy: /journalctl -u k3s/,
    result: 'failed',
  },
  'the unit restarts and dies': {
    options: { ...K3S, renew: { restart_limit: '10s' } },
    damage: onRestart('exec "$REAL" stop k3s'),
    says: /^UNIT_NOT_READY k3s was not ready within 10 s \(waited for k3s to be active, it is (inactive|failed)\)/,
    remedy: /journalctl -u k3s/,
    result: 'rolled-back',
  },
};

describe('programs that misbehave', { concurrency: 2 }, () => {
  for (const [what, { options, damage, says, remedy, result }] of Object.entries(cases))
    test(what, async (t) => {
      const on = await ground(t, options);
      await damage?.(on);
      const { outcome } = await renewWith(on.agent);
      assert.match(`${outcome.error?.code} ${outcome.error?.message}`, says);
      assert.match(outcome.error?.remedy ?? '', remedy);
      assert.equal(outcome.result, result, outcome.error?.message);
      await assertAsBefore(on);
      await assertTold(on.inbox, /raised RENEWAL_(ROLLED_BACK|FAILED)/);
    });

  test('the kubelet hangs from the first restart on: nothing is signalled, and everything is as before', async (t) => {
    const on = await ground(t, { renew: { component_limit: '3s', served_limit: '3s' } });
    const { outcome } = await renewWith(on.agent, 'cycle', () => void on.node.faults({ kubelet: 'idle' }));
    assert.match(`${outcome.error?.code} ${outcome.error?.message}`, /^\S+ kube-\S+ did not come back within 3 s/);
    assert.match(outcome.error?.remedy ?? '', /journalctl -u kubelet/);
    // The error also says that the kubelet did not react to that either.
    assert.equal(outcome.result, 'rolled-back', outcome.error?.message);
    await assertAsBefore(on);
    const { renewal } = await on.agent.check();
    assert.match(renewal.kind === 'blocked' ? renewal.blockers.map(({ why }) => why).join() : '', /kubelet .*HTTP 500/);
  });

  test('kubeadm is missing: nothing is begun, and it is reported', async (t) => {
    const on = await ground(t);
    await rename(join(on.node.root, 'usr/bin/kubeadm'), join(on.node.root, 'usr/bin/elsewhere'));
    await assert.rejects(
      renewWith(on.agent),
      (error: { code?: string; message?: string; remedy?: string }) =>
        error.code === 'RENEWAL_BLOCKED' &&
        /kubeadm was not found/.test(error.message ?? '') &&
        /Install the kubeadm/.test(`${error.remedy}${error.message}`),
    );
    await assertAsBefore(on);
    await assertTold(on.inbox, /raised RENEWAL_BLOCKED/);
  });

  test('systemctl never answers: a check takes bounded time, nothing is begun, and it is reported', async (t) => {
    const on = await ground(t, K3S);
    await inFrontOf(on.node, 'usr/bin/systemctl', 'exec /bin/sleep 600');
    const status = await on.agent.check();
    assert.equal(status.renewal.kind, 'blocked');
    assert.match(JSON.stringify(status.renewal), /UNIT_MISSING.*systemctl show k3s did not finish in time/);
    await assertAsBefore(on);
    await assertTold(on.inbox, /raised RENEWAL_BLOCKED/);
  });
});
