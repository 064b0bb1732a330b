// npm run attack [-- WORD…]: what others do to a node and to certagent, kind by kind (kinds.ts; those whose text holds a word):
// how many attempts were made, and how many held. Ends with 1 when one did not hold.
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KINDS } from './kinds.ts';

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const kinds = KINDS.filter(({ kind }) => words.length === 0 || words.some((word) => kind.toLowerCase().includes(word)));
const total = { tried: 0, held: 0, skipped: 0 };

for (const { kind, tests } of kinds) {
  const { tried, skipped, broken } = await attempt(tests.map((name) => at(`../${name}.test.ts`)));
  total.tried += tried;
  total.held += tried - broken.length;
  total.skipped += skipped;
  const notes = skipped === 0 ? '' : `, ${skipped} skipped`;
  console.log(`${tried} tried, ${tried - broken.length} held${notes}: ${kind}`);
  for (const name of broken) console.log(`    did not hold: ${name}`);
}
console.log(`${total.tried} tried, ${total.held} held, ${total.skipped} skipped`);
process.exitCode = total.held === total.tried && total.tried > 0 ? 0 : 1;

async function attempt(files: string[]): Promise<{ tried: number; skipped: number; broken: string[] }> {
  const result = { tried: 0, skipped: 0, broken: [] as string[] };
  const events = run({ files, concurrency: 2, forceExit: true });
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { name, details, skip } = data;
    if (details.type === 'suite') continue;
    if (skip !== undefined) result.skipped += 1;
    else result.tried += 1;
    if (type === 'test:fail') result.broken.push(name);
  }
  return result;
}

function at(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
