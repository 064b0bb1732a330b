import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml } from '../../src/host/yaml.ts';

// Each of these would hold the parser for minutes, and with it a daemon that reads users' kubeconfigs as root.
for (const [what, text] of [
  ['quotes', '"'.repeat(300_000)],
  ['keys', Array.from({ length: 40_000 }, (_, index) => `key${index}: 1`).join('\n')],
  ['nested lists', '['.repeat(100_000)],
  ['colons', 'a: '.repeat(300_000)],
  ['documents', '---\n'.repeat(100_000)],
] as const) {
  test(`a megabyte of ${what} is refused at once`, { timeout: 60_000 }, () => {
    assert.throws(() => parseYaml(text), { code: 'BAD_YAML', message: /more lines and characters/ });
  });
}

test('a kubeconfig of 300 clusters is read', () => {
  const data = 'A'.repeat(1_500);
  const entries = (key: string, body: string) =>
    `${key}:\n${Array.from({ length: 300 }, (_, index) => `- name: n${index}\n  ${body}\n`).join('')}`;
  const text = [
    entries('clusters', `cluster:\n    certificate-authority-data: ${data}\n    server: https://10.0.0.1:6443`),
    entries('contexts', 'context:\n    cluster: a\n    user: b\n    namespace: default'),
    entries('users', `user:\n    client-certificate-data: ${data}\n    client-key-data: ${data}`),
  ].join('');
  assert.equal((parseYaml(text) as { users: unknown[] }).users.length, 300);
});
