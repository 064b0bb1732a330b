// `npm test [-- WORD…]`: the test files (whose path contains a word) in one run, with the runner's own report. Those that
// take longest start first: four at a time, because the machines of test/e2e and many nodes are waited for, not computed.
import { globSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const LONGEST = [
  'e2e/',
  'build/',
  'crash/',
  'daemon/scenes',
  'renew/engine/',
  'secrets',
  'faults/',
  'demo/',
  'daemon/',
];
const rank = (file: string): number => {
  const at = LONGEST.findIndex((beginning) => file.startsWith(`test/${beginning}`));
  return at === -1 ? LONGEST.length : at;
};

const project = fileURLToPath(new URL('..', import.meta.url));
const words = process.argv.slice(2);
const files = globSync('test/**/*.test.ts', { cwd: project })
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));

/** Every line, branch and function of the domain is reached by the domain's own tests (see only-domain-coverage.ts). */
const coverage = {
  coverage: true,
  coverageIncludeGlobs: ['src/domain/**'],
  lineCoverage: 100,
  branchCoverage: 100,
  functionCoverage: 100,
  execArgv: [`--import=${new URL('./only-domain-coverage.ts', import.meta.url)}`],
};

/** A file that hangs fails, and does not hold up the run. Milliseconds. */
const LIMIT = 40 * 60_000;

run({ cwd: project, files, concurrency: 4, timeout: LIMIT, forceExit: true, ...(words.length === 0 ? coverage : {}) })
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(spec)
  .pipe(process.stdout);
