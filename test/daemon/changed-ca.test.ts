import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { issueAuthority } from '../../testnode/pki.ts';
import { fingerprints, scene } from './support.ts';

test('a CA file of K3s that was replaced while it ran: no restart, which would fail, and the file is named', async (t) => {
  const { node, agent, root } = await scene(t, { kind: 'k3s-server', days: 20 });
  const path = '/var/lib/rancher/k3s/server/tls/request-header-ca';
  const now = Date.now();
  const other = await issueAuthority({ commonName: 'other', notBefore: now - DAY, notAfter: now + 3650 * DAY });
  await writeFile(root.at(`${path}.crt`), other.certificatePem);
  await writeFile(root.at(`${path}.key`), other.keyPem);
  const before = await fingerprints(node);
  const { renewal, lastAttempt } = await agent.check();
  assert.equal(lastAttempt, null);
  assert.ok(renewal.kind === 'blocked', JSON.stringify(renewal));
  assert.deepEqual(
    renewal.blockers.map(({ code, why }) => [code, why.split(':')[0]]),
    [['K3S_CA_CHANGED', `${path}.crt`]],
  );
  assert.deepEqual(await fingerprints(node), before);
});
