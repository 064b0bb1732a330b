// npm run fuzz -- [--seconds 60] [--seed N] [file …]: each property for so many seconds. One process a file, with a
// bounded heap; one that reports no more inputs is killed, and the number of the last input is printed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
  allowPositionals: true,
});
const HANG = 180_000;
const HEAP = 1_024;
const directory = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(directory).filter((name) => name.endsWith('.test.ts'));
const chosen =
  positionals.length === 0 ? files : files.filter((name) => positionals.some((word) => name.includes(word)));

console.log(`seed ${values.seed}, ${values.seconds} s for each property; again: npm run fuzz -- --seed ${values.seed}`);
let failed = 0;
for (const file of chosen) if (!(await runFile(file))) failed += 1;
process.exitCode = failed === 0 ? 0 : 1;

async function runFile(file: string): Promise<boolean> {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP}`, `${directory}${file}`], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: {
      ...process.env,
      CERTAGENT_FUZZ_SEED: values.seed,
      CERTAGENT_FUZZ_SECONDS: values.seconds,
      CERTAGENT_FUZZ_TOLD: '3',
    },
  });
  const exit = once(child, 'exit');
  const tried = new Map<string, number>();
  let last = '';
  let timer: NodeJS.Timeout | undefined;
  const alive = (limit = HANG) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      console.log(`HANG in ${file}: ${last}`);
      child.kill('SIGKILL');
    }, limit);
  };
  alive();
  createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
    alive();
    last = line;
    const { property, tried: count } = JSON.parse(line) as { property: string; tried: number };
    // The nasty texts are reported one by one.
    tried.set(file.startsWith('nasty') ? 'nasty texts' : property, count);
  });
  const output: string[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    alive();
    output.push(line);
  });
  const [code] = await exit;
  clearTimeout(timer);
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${file}`);
  for (const [property, count] of tried) console.log(`     ${String(count).padStart(9)}  ${property}`);
  if (code !== 0) console.log(output.join('\n'));
  return code === 0;
}
