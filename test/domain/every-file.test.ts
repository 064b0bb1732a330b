import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';

// The coverage report leaves out a file that no test loads: loading all makes a forgotten one count as uncovered.
test('every file of the domain loads without the rest of certagent', async () => {
  const directory = new URL('../../src/domain/', import.meta.url);
  const files = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.ts'));
  assert.ok(files.length > 20);
  for (const file of files) assert.ok(await import(new URL(file, directory).href), file);
});
