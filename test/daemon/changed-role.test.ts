// What runs the node is found out at each check: a server can become an agent, and the reverse, while certagent runs.
import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { nodeFor } from '../testnode/support.ts';
import { anotherAgent, configure } from './support.ts';

const UNITS = 'etc/systemd/system';

/** Installs and enables the unit of this role, and removes the other one. */
async function install(root: string, role: 'server' | 'agent'): Promise<void> {
  const unit = { server: 'k3s', agent: 'k3s-agent' }[role];
  await rm(join(root, UNITS), { recursive: true, force: true });
  await mkdir(join(root, UNITS, 'multi-user.target.wants'), { recursive: true });
  await writeFile(join(root, UNITS, `${unit}.service`), `[Service]\nExecStart=/usr/local/bin/k3s ${role}\n`);
  await symlink(`../${unit}.service`, join(root, UNITS, `multi-user.target.wants/${unit}.service`));
}

test('a server that becomes an agent, and a server again: each check sees what runs the node now', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server', leafEnds: Date.now() + 200 * DAY });
  await configure(node, 'mode = "observe"\n[copies]\nenabled = false\n');
  await install(node.root, 'server');
  const agent = await anotherAgent(t, new Root(node.root));
  const seen = async () => {
    const { node: now, certificates, alerts } = await agent.check();
    const ids = certificates.map(({ id }) => id);
    return {
      role: now.role,
      ofServer: ids.includes('client-admin'),
      ofAgent: ids.includes('agent/client-kubelet'),
      leftOver: now.missing.filter((what) => what.includes('/var/lib/rancher/k3s/server is left over')).length,
      critical: alerts.filter(({ alert }) => alert.severity === 'critical').map(({ alert }) => alert.code),
    };
  };
  const asServer = await seen();
  assert.deepEqual([asServer.role, asServer.ofServer, asServer.ofAgent, asServer.leftOver], ['server', true, true, 0]);
  await install(node.root, 'agent');
  const asAgent = await seen();
  assert.deepEqual([asAgent.role, asAgent.ofServer, asAgent.ofAgent, asAgent.leftOver], ['agent', false, true, 1]);
  assert.ok(!asAgent.critical.some((code) => code.startsWith('CERTIFICATE')), asAgent.critical.join());
  await install(node.root, 'server');
  assert.deepEqual(await seen(), asServer);
});
