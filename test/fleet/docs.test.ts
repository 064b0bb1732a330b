import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHosts } from '../../src/domain/fleet/hosts.ts';
import { blocksOf, pages } from '../docs/markdown.ts';

test('the list of hosts that docs/many-sites.md shows can be read', () => {
  const page = pages().find(({ path }) => path === 'docs/many-sites.md')!;
  const hosts = blocksOf(page.text).find(({ text }) => text.startsWith('# sites.txt'))!;
  assert.deepEqual(parseHosts(hosts.text), { hosts: ['admin@oslo-k3s-1', 'admin@oslo-k3s-2', 'bergen'] });
});
