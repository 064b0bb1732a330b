import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { parseHosts } from '../../src/domain/fleet/hosts.ts';

test('what docs/many-sites.md shows can be used as it is', async () => {
  const page = await readFile(new URL('../../docs/many-sites.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
    language,
    text: text!,
  }));
  const configurations = blocks.filter(({ language }) => language === 'toml');
  assert.equal(configurations.length, 2);
  for (const { text } of configurations) await parseConfig(text, 'many-sites.md');
  const hosts = blocks.find(({ text }) => text.startsWith('# sites.txt'))!;
  assert.deepEqual(parseHosts(hosts.text), { hosts: ['admin@oslo-k3s-1', 'admin@oslo-k3s-2', 'bergen'] });
});
