import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { shipped } from './project.ts';
import { runtime } from './runtime.ts';

const LICENSE = /^licen[cs]e/i;

/** The licenses of what the executable holds beside certagent, one after another: Node.js's and each npm package's. */
export async function licenses(): Promise<string> {
  const texts = [heading('Node.js'), await readFile(join(dirname(await runtime('x64')), '../LICENSE'), 'utf8')];
  for (const { name, version, license, directory } of shipped()) {
    texts.push(heading(`${name} ${version} (${license ?? 'no license named'})`));
    for (const file of (await readdir(directory)).filter((each) => LICENSE.test(each)).sort())
      texts.push(await readFile(join(directory, file), 'utf8'));
  }
  return texts.map((each) => `${each.trim()}\n`).join('\n');
}

const heading = (title: string): string => `${'='.repeat(80)}\n${title}\n${'='.repeat(80)}`;
