import { chmod, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { inject } from 'postject';
import type { Bundle } from './bundle.ts';
import { type Architecture, PROJECT } from './project.ts';
import { run } from './run.ts';
import { runtime, stripped } from './runtime.ts';

// Where Node.js looks: https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
const SECTION = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Neither machine code made while it runs nor the compilers for it: what certagent does takes the same time, most of it
 * being cryptography in OpenSSL, starts sooner, and idles in two thirds of the memory. It needs no memory that can be both
 * written and executed (MemoryDenyWriteExecute in the unit). WebAssembly, and with it `fetch`, is gone.
 * The young generation: Node's default keeps 16 MiB more for a daemon that is idle nearly always.
 * The old generation: the heap limit stops a hostile file before the unit's memory limit does.
 */
const V8_OPTIONS = ['--jitless', '--optimize-for-size', '--max-semi-space-size=1', '--max-old-space-size=256'];

/** Bytecode depends on the order in which V8 keeps names, which is random but for this: the same source, the same bytes. */
const SAME_BYTES = '--random-seed=1';

/** One file that needs no other: a script (CommonJS) and the parts it loads, inside the runtime. */
export async function executable(
  { main, parts }: Pick<Bundle, 'main'> & Partial<Bundle>,
  to: string,
  architecture: Architecture,
  scratch: string,
): Promise<void> {
  const config = join(scratch, `sea-${architecture}.json`);
  const blob = join(scratch, `sea-${architecture}.blob`);
  // Another architecture cannot use the bytecode: it compiles when it runs.
  const own = architecture === process.arch;
  if (own && parts !== undefined)
    for (const words of [[], ['check']])
      run(process.execPath, [...V8_OPTIONS, SAME_BYTES, join(PROJECT, 'build/compile.mjs'), parts, ...words]);
  await writeFile(
    config,
    JSON.stringify({
      // Both are kept in the blob: as they are seen from the scratch directory, they are the same in every build.
      main: relative(scratch, main),
      output: relative(scratch, blob),
      disableExperimentalSEAWarning: true,
      useCodeCache: own,
      assets: parts === undefined ? {} : await assets(parts, own),
      execArgv: V8_OPTIONS,
      // Neither NODE_OPTIONS nor --node-options: foreign code in a root daemon.
      execArgvExtension: 'none',
    }),
  );
  run(process.execPath, [...V8_OPTIONS, SAME_BYTES, '--experimental-sea-config', config], { cwd: scratch });
  const unfinished = join(scratch, `certagent-${architecture}`);
  stripped(await runtime(architecture), unfinished, architecture);
  await chmod(unfinished, 0o755);
  await quietly(async () => inject(unfinished, SECTION, await readFile(blob), { sentinelFuse: FUSE }));
  await rename(unfinished, to);
}

async function assets(parts: string, own: boolean): Promise<Record<string, string>> {
  const names = (await readdir(parts)).filter((name) => own || !name.endsWith('.cache'));
  return Object.fromEntries(names.sort().map((name) => [name, join(parts, name)]));
}

/** postject warns a dozen times about sections without a name, which a stripped executable has, and throws real errors. */
async function quietly(act: () => Promise<void>): Promise<void> {
  const { warn } = console;
  console.warn = () => {};
  try {
    await act();
  } finally {
    console.warn = warn;
  }
}
