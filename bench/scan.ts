import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CERTIFICATES, issueMany, layOut } from './files.ts';
import { type Command, median, peak, runOnce, time } from './measure.ts';
import { mebibytes, milliseconds, printTable, ratio } from './table.ts';

/** openssl is started once a file, as scripts do; beyond this many the time for one is multiplied. */
const OPENSSL_FILES = 1_000;
/** Making a certificate takes milliseconds: larger sizes hold copies. */
const DIFFERENT = 1_000;
/** src/observe/remembered.ts says why. */
const REMEMBERED_AFTER = 2_500;

/** A full scan beside `openssl x509` in a shell loop and beside bare node:crypto, on the same files. */
export async function scanSection(directory: string, sizes: number[]): Promise<void> {
  const certificates = await issueMany(Math.min(DIFFERENT, Math.max(...sizes)));
  const times: string[][] = [];
  const memory: string[][] = [];
  const inside: string[][] = [];
  for (const size of sizes) {
    const root = join(directory, String(size));
    const runs = size <= 100 ? 11 : size <= 1_000 ? 5 : 3;
    await layOut(root, size, certificates);
    const scan = child('scan.ts', root);
    const bare = child('bare.ts', join(root, CERTIFICATES));

    const ours = await time(scan, runs);
    const node = await time(bare, runs);
    const openssl = await opensslLoop(join(root, CERTIFICATES), size);
    const count = size.toLocaleString('en');
    times.push([
      count,
      milliseconds(ours),
      milliseconds(openssl),
      ratio(ours, openssl),
      milliseconds(node),
      ratio(ours, node),
    ]);

    const [ourPeak, nodePeak] = [await peak(scan), await peak(bare)];
    memory.push([count, mebibytes(ourPeak), mebibytes(nodePeak), ratio(ourPeak, nodePeak)]);

    // A file that was written just now is not remembered.
    await pause(REMEMBERED_AFTER);
    const twice = child('scan.ts', root, 'twice');
    const [ourWork, nodeWork] = [await work(scan, size, runs), await work(bare, size, runs)];
    const repeated = await work(twice, size, runs, 'repeated');
    inside.push([
      count,
      milliseconds(ourWork),
      milliseconds(nodeWork),
      ratio(ourWork, nodeWork),
      milliseconds(repeated),
      ratio(repeated, nodeWork),
    ]);
  }
  printTable(
    'A full scan: time of the process',
    ['certificates', 'certagent', 'openssl x509 loop', '×', 'bare node:crypto', '×'],
    times,
    sizes.some((size) => size > OPENSSL_FILES)
      ? [`The openssl loop over more files is measured on ${OPENSSL_FILES.toLocaleString('en')} and multiplied.`]
      : [],
  );
  printTable(
    'A full scan: time of the work alone, without the start of the process',
    ['certificates', 'certagent', 'bare node:crypto', '×', 'scanned again, unchanged', '×'],
    inside,
  );
  printTable('A full scan: most resident memory', ['certificates', 'certagent', 'bare node:crypto', '×'], memory);
}

async function opensslLoop(directory: string, size: number): Promise<number> {
  const files = (await readdir(directory)).slice(0, OPENSSL_FILES);
  const loop = 'for file; do openssl x509 -in "$file" -noout -subject -enddate -fingerprint -sha256; done';
  const argv: Command['argv'] = ['sh', '-c', loop, 'sh', ...files.map((file) => join(directory, file))];
  // A loop over many files is its own median.
  const taken = await time({ argv }, files.length > 100 ? 1 : 3);
  return (taken * size) / files.length;
}

type Work = { seen: number; milliseconds: number; repeated: number };

/** Milliseconds that a child says its work took. Throws when it did not see every certificate. */
async function work(
  command: Command,
  size: number,
  runs: number,
  what: 'milliseconds' | 'repeated' = 'milliseconds',
): Promise<number> {
  const taken: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const said = JSON.parse((await runOnce(command)).output) as Work;
    if (said.seen !== size) throw new Error(`${command.argv.join(' ')} saw ${said.seen} of ${size} certificates`);
    taken.push(said[what]);
  }
  return median(taken);
}

function child(script: string, ...given: string[]): Command {
  return { argv: [process.execPath, fileURLToPath(new URL(`./child/${script}`, import.meta.url)), ...given] };
}
