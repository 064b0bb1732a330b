import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../build/project.ts';

/** A name for what is made from these files and directories of the project, and from these words. */
export function digestOf(inputs: string[], ...words: string[]): string {
  const hash = createHash('sha256').update(words.join(' '));
  for (const file of inputs.flatMap(filesOf))
    hash
      .update(`${file}\n`)
      .update(readFileSync(join(PROJECT, file)))
      .update('\n');
  return hash.digest('hex').slice(0, 12);
}

function filesOf(input: string): string[] {
  const path = join(PROJECT, input);
  if (statSync(path).isFile()) return [input];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => join(input, name)).filter((file) => statSync(join(PROJECT, file)).isFile());
}
