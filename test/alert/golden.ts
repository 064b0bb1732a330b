import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';

/** UPDATE_GOLDEN=1 writes what is rendered now; a person then reviews the difference. */
export async function golden(name: string, actual: string): Promise<void> {
  const file = new URL(`../golden/${name}`, import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(file, actual);
  assert.equal(actual, await readFile(file, 'utf8'));
}

export const pretty = (json: string): string => `${JSON.stringify(JSON.parse(json), null, 2)}\n`;
