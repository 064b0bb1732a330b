import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { exampleToml } from '../../src/config/example.ts';
import { describeKeys } from '../../src/config/keys.ts';
import { parseConfig } from '../../src/config/load.ts';
import { schema } from '../../src/config/schema.ts';

test('config.example.toml is what the schema says', async () => {
  const file = await readFile(new URL('../../config.example.toml', import.meta.url), 'utf8');
  assert.equal(file, exampleToml(), 'config.example.toml is stale: npm run docs');
});

test('the unchanged example means the defaults, observing', async () => {
  assert.deepEqual(await parseConfig(exampleToml(), 'example'), schema.parse({ mode: 'observe' }));
});

test('every key of the example can be uncommented', async () => {
  // But those that belong to one shape of a webhook, and not to the shape of the example.
  const ofShapes = /^#(chat_id|room) = .*$/gm;
  const config = await parseConfig(
    exampleToml()
      .replaceAll(ofShapes, '')
      .replaceAll(/^#(?! )/gm, ''),
    'example',
  );
  assert.equal(config.alerts.email[0]?.host, 'smtp.example.org');
  assert.equal(config.alerts.webhook[0]?.shape, 'standard');
  const { copies, watch, renew, alerts, node, metrics, hooks, cluster, external_ca, users, ...rest } = config;
  const defaults = schema.parse({ mode: 'observe' });
  assert.deepEqual({ ...defaults, ...rest }, defaults);
  assert.equal(alerts.repeat, defaults.alerts.repeat);
  assert.equal(node.unit, 'k3s-edge');
  assert.deepEqual(cluster, { ...defaults.cluster, kubeconfig: '/etc/certagent/kubeconfig' });
  assert.match(metrics.textfile ?? '', /certagent\.prom$/);
  assert.equal(hooks[0]?.on, 'renewed');
  assert.deepEqual(users.certificates[0]?.groups, ['developers']);
  assert.deepEqual(external_ca.command, ['/usr/local/sbin/sign-requests']);
});

test('every key is described, and no line of the example is wider than 100 columns', () => {
  const all = (keys: ReturnType<typeof describeKeys>): ReturnType<typeof describeKeys> =>
    keys.flatMap((key) => [key, ...all(key.keys)]);
  for (const { key, description, example, default: fallback, type } of all(describeKeys())) {
    assert.match(description, /\.$/, `${key} has no description`);
    if (!type.endsWith('table')) assert.ok((example ?? fallback) !== undefined, `${key} has nothing to show`);
  }
  for (const line of exampleToml().split('\n')) assert.ok(line.length <= 100, line);
});
