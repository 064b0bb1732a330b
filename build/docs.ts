// npm run docs: writes the generated parts of README.md and docs/, and config.example.toml. A test fails while one of them is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exampleToml } from '../src/config/example.ts';
import { alertTable } from './alert-table.ts';
import { commandTable } from './command-table.ts';
import { PROJECT } from './project.ts';
import { renewalTable } from './renewal-table.ts';
import { RUNBOOKS } from './runbooks.ts';

/** Path in the project → what it should hold, of what it holds now. */
export const GENERATED: Record<string, (now: string) => string> = {
  'README.md': (now) => replacePart(now, 'commands', commandTable()),
  'docs/alerts.md': (now) => replacePart(now, 'alerts', alertTable()),
  'docs/what-it-does.md': (now) => replacePart(now, 'renewals', renewalTable()),
  'config.example.toml': exampleToml,
  ...RUNBOOKS,
};

/** What is between `<!-- NAME: … -->` and `<!-- /NAME -->`. */
function replacePart(text: string, name: string, content: string): string {
  const part = new RegExp(`(<!-- ${name}: [^>]*-->\n)[^]*?(\n<!-- /${name} -->)`);
  if (!part.test(text)) throw new Error(`the markers of the part "${name}" are missing`);
  return text.replace(part, (_whole, begin: string, end: string) => `${begin}\n${content}\n${end}`);
}

if (import.meta.main)
  for (const [path, make] of Object.entries(GENERATED)) {
    const file = join(PROJECT, path);
    const now = await readFile(file, 'utf8').catch(() => '');
    const text = make(now);
    if (text === now) continue;
    await writeFile(file, text);
    console.log(`written: ${path}`);
  }
