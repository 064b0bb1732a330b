// The Ansible role without a node: its syntax, and what its template makes. test/e2e/ansible.test.ts runs it (npm run test:long).
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT, VERSION } from '../../build/project.ts';
import { parseConfig } from '../../src/config/load.ts';
import { command } from '../testnode/support.ts';

const PLAYBOOKS = join(PROJECT, 'packaging/ansible');
const ROLE = join(PLAYBOOKS, 'roles/certagent');
const skip = (await command('ansible-playbook', ['--version'])).code !== 0 && 'ansible-playbook is not installed';

/** Variables of the role, and the keys of the configuration that they make. */
const CASES: [variables: object, expected: object][] = [
  [{}, { mode: 'observe' }],
  [
    { certagent_mode: 'renew', certagent_site: 'os"lo', certagent_labels: { rack: 7, a_b: 'x' } },
    { mode: 'renew', node: { site: 'os"lo', labels: { rack: '7', a_b: 'x' } } },
  ],
  [{ certagent_config: '[windows]\nopens = "60d"\n' }, { mode: 'observe', windows: { opens: 60 * 86_400_000 } }],
  [
    { certagent_labels: { rack: 'b7' }, certagent_config: '\n\n[check]\njitter = "1m"' },
    { mode: 'observe', node: { labels: { rack: 'b7' } }, check: { jitter: 60_000 } },
  ],
];

test('the role installs this version', async () => {
  const defaults = await readFile(join(ROLE, 'defaults/main.yml'), 'utf8');
  assert.match(defaults, new RegExp(`^certagent_version: "${VERSION}"$`, 'm'));
});

test('the playbook and the role are what Ansible accepts', { skip }, async () => {
  const { code, stdout, stderr } = await ansible('-i', 'inventory.example.yml', '--syntax-check', 'playbook.yml');
  assert.equal(code, 0, stdout + stderr);
});

test('the template makes configurations that certagent accepts, always with a mode', { skip }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-ansible-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const play = {
    hosts: 'localhost',
    connection: 'local',
    gather_facts: false,
    vars_files: [join(ROLE, 'defaults/main.yml')],
    tasks: CASES.map(([vars], at) => ({
      template: { src: join(ROLE, 'templates/config.toml.j2'), dest: join(directory, `${at}.toml`) },
      vars,
    })),
  };
  const file = join(directory, 'play.yml');
  await writeFile(file, JSON.stringify([play]));
  const { code, stdout, stderr } = await ansible('-i', 'localhost,', file);
  assert.equal(code, 0, stdout + stderr);
  for (const [at, [, expected]] of CASES.entries()) {
    const text = await readFile(join(directory, `${at}.toml`), 'utf8');
    assert.match(text, /^mode = "/m);
    assert.partialDeepStrictEqual(await parseConfig(text, `${at}.toml`), expected);
  }
});

/** Ansible keeps its temporary files below a home: here one that is removed. */
async function ansible(...words: string[]) {
  const home = await mkdtemp(join(tmpdir(), 'certagent-ansible-'));
  try {
    return await command('env', ['-C', PLAYBOOKS, `HOME=${home}`, 'ansible-playbook', ...words]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
