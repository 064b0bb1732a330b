import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CERTIFICATES, issueMany, layOut } from './files.ts';
import { type Command, median, peak, runOnce, times } from './measure.ts';
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
  const processes: string[][] = [];
  const memory: string[][] = [];
  const inside: string[][] = [];
  for (const size of sizes) {
    const root = join(directory, String(size));
    const runs = size <= 100 ? 11 : size <= 1_000 ? 5 : 3;
    await layOut(root, size, certificates);
    const scan = child('scan.ts', root);
    const bare = child('bare.ts', join(root, CERTIFICATES));

    const [ours, node] = (await times([scan, bare], runs)).map(({ wall }) => wall) as [number, number];
    const openssl = await opensslLoop(join(root, CERTIFICATES), size);
    const count = size.toLocaleString('en');
    processes.push([
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
    const [own, least] = await works([twice, bare], size, 2 * runs + 1);
    inside.push([
      count,
      milliseconds(least!.milliseconds),
      milliseconds(own!.milliseconds),
      ratio(own!.milliseconds, least!.milliseconds),
      milliseconds(own!.repeated),
      ratio(own!.repeated, least!.milliseconds),
    ]);
  }
  await nodeAlone(join(directory, 'none'), inside);
  printTable(
    'A full scan: time of the process',
    ['certificates', 'certagent', 'openssl x509 loop', '×', 'bare node:crypto', '×'],
    processes,
    sizes.some((size) => size > OPENSSL_FILES)
      ? [`The openssl loop over more files is measured on ${OPENSSL_FILES.toLocaleString('en')} and multiplied.`]
      : [],
  );
  printTable(
    'A full scan: time of the work alone, without the start of the process',
    ['certificates', 'bare node:crypto', 'first scan', '×', 'scanned again, unchanged', '×'],
    inside,
    ['node alone: the part of each scan that does not depend on the watched files.'],
  );
  printTable('A full scan: most resident memory', ['certificates', 'certagent', 'bare node:crypto', '×'], memory);
}

async function opensslLoop(directory: string, size: number): Promise<number> {
  const files = (await readdir(directory)).slice(0, OPENSSL_FILES);
  const loop = 'for file; do openssl x509 -in "$file" -noout -subject -enddate -fingerprint -sha256; done';
  const argv: Command['argv'] = ['sh', '-c', loop, 'sh', ...files.map((file) => join(directory, file))];
  // A loop over many files is its own median.
  const [taken] = await times([{ argv }], files.length > 100 ? 1 : 3);
  return (taken!.wall * size) / files.length;
}

type Work = { seen: number; configuration: number; milliseconds: number; repeated: number };

/** What every scan does, and what loading the configuration costs a process once. */
async function nodeAlone(root: string, rows: string[][]): Promise<void> {
  await layOut(root, 0, []);
  const [alone] = await works([child('scan.ts', root, 'twice')], 0, 11);
  rows.push(['node alone', '', milliseconds(alone!.milliseconds), '', milliseconds(alone!.repeated)]);
  rows.push(['configuration', '', milliseconds(alone!.configuration)]);
}

/** Medians of the milliseconds that children say their work took, in turns. Throws when one did not see every certificate. */
async function works(commands: Command[], size: number, runs: number): Promise<Work[]> {
  const taken: Work[][] = commands.map(() => []);
  for (let run = 0; run < runs; run += 1)
    for (const [index, command] of commands.entries()) {
      const said = JSON.parse((await runOnce(command)).output) as Work;
      if (said.seen !== size) throw new Error(`${command.argv.join(' ')} saw ${said.seen} of ${size} certificates`);
      taken[index]!.push(said);
    }
  const of = (works: Work[], what: keyof Work) => median(works.map((work) => work[what]));
  return taken.map((works) => ({
    seen: size,
    configuration: of(works, 'configuration'),
    milliseconds: of(works, 'milliseconds'),
    repeated: of(works, 'repeated'),
  }));
}

function child(script: string, ...given: string[]): Command {
  return { argv: [process.execPath, fileURLToPath(new URL(`./child/${script}`, import.meta.url)), ...given] };
}
