// npm start [-- [--keep] [--act NAME]… | --remove DIRECTORY] [-- PROGRAM WORDS…]: the whole job on throw-away nodes. PROGRAM: what to
// show instead of the source tree, such as a built executable.
import { parseArgs } from 'node:util';
import { ourselves } from '../src/host/self.ts';
import { removeDemo, runDemo } from './acts.ts';

const USAGE = 'usage: npm start [-- [--keep] [--act NAME]… | --remove DIRECTORY] [-- PROGRAM WORDS…]';

process.exitCode = await main().catch((error: unknown) => {
  console.error(`demo: ${error instanceof Error ? error.message : error}`);
  return 1;
});

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      keep: { type: 'boolean' },
      remove: { type: 'string' },
      act: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.remove !== undefined) return removeDemo(values.remove);
  const [program, ...first] = positionals;
  const certagent = program === undefined ? ourselves() : { program, first };
  const acts = values.act === undefined ? {} : { acts: values.act };
  return runDemo({ keep: values.keep === true, out: process.stdout, certagent, ...acts });
}
