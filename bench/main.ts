import { mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { daemonSection } from './daemon.ts';
import { rehearsalSection } from './rehearsal.ts';
import { renewalSection } from './renewal.ts';
import { scanSection } from './scan.ts';

// `npm run bench [-- SIZE…]`: what certagent costs, beside what costs least at the same work on the same files in the
// same run. Prints tables; its files are in a temporary directory until it exits.
const SIZES = [10, 100, 1_000, 10_000];

const asked = process.argv.slice(2).map(Number);
if (asked.some((size) => !Number.isSafeInteger(size) || size < 1)) {
  console.error('usage: npm run bench [-- SIZE…]    SIZE: numbers of certificates, such as 10 100');
  process.exit(2);
}

const directory = await mkdtemp(join(tmpdir(), 'certagent-bench-'));
try {
  console.log(`Node.js ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? arch()}, Linux ${release()}`);
  console.log('Times are medians of whole processes unless said otherwise; × is certagent divided by the peer.\n');
  await daemonSection(directory);
  await renewalSection(directory);
  await rehearsalSection(directory);
  await scanSection(join(directory, 'files'), asked.length > 0 ? asked : SIZES);
} finally {
  await rm(directory, { recursive: true, force: true });
}
