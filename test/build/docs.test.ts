import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { GENERATED } from '../../build/docs.ts';
import { alertManual, configManual } from '../../build/manual.ts';
import { PROJECT } from '../../build/project.ts';
import { describeKeys } from '../../src/config/keys.ts';
import { CODES } from '../../src/domain/alerts/catalogue.ts';

for (const [path, make] of Object.entries(GENERATED))
  test(`${path} is up to date with the catalogue and the schema`, async () => {
    const now = await readFile(join(PROJECT, path), 'utf8');
    assert.equal(now, make(now), `${path} is stale: npm run docs`);
  });

test('a README without the markers is an error, and a stale part is replaced', async () => {
  const readme = GENERATED['README.md']!;
  assert.throws(() => readme('# certagent\n'), /markers of the part "alerts" are missing/);
  const now = await readFile(join(PROJECT, 'README.md'), 'utf8');
  assert.equal(readme(now.replace('| `KEY_MISMATCH` |', '| `KEY_MISMATCHED` |')), readme(now));
});

test('the manual pages name every alert and every key', () => {
  const alerts = alertManual('1.0');
  for (const code of CODES) assert.ok(alerts.includes(`\\fB${code}\\fR`), code);
  const config = configManual('1.0');
  for (const { name } of describeKeys()) assert.ok(config.includes(name), name);
});
