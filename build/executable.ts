import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'postject';
import type { Architecture } from './project.ts';
import { run } from './run.ts';
import { runtime, stripped } from './runtime.ts';

// Where Node.js looks: https://nodejs.org/docs/latest-v24.x/api/single-executable-applications.html
const SECTION = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** A young generation of one semi-space of 1 MiB: the daemon is idle nearly always, and Node's default keeps 16 MiB more. */
const RUNTIME_OPTIONS = ['--max-semi-space-size=1'];

/** One file that needs no other: `script` (CommonJS) inside the runtime. */
export async function executable(
  script: string,
  to: string,
  architecture: Architecture,
  scratch: string,
): Promise<void> {
  const config = join(scratch, `sea-${architecture}.json`);
  const blob = join(scratch, `sea-${architecture}.blob`);
  await writeFile(
    config,
    JSON.stringify({
      main: script,
      output: blob,
      disableExperimentalSEAWarning: true,
      // Machine code of the machine that builds: of no use to another architecture, which compiles when it runs.
      useCodeCache: architecture === process.arch,
      execArgv: RUNTIME_OPTIONS,
      // Neither NODE_OPTIONS nor --node-options: foreign code in a root daemon.
      execArgvExtension: 'none',
    }),
  );
  run(process.execPath, ['--experimental-sea-config', config]);
  const unfinished = join(scratch, `certagent-${architecture}`);
  stripped(await runtime(architecture), unfinished, architecture);
  await chmod(unfinished, 0o755);
  await inject(unfinished, SECTION, await readFile(blob), { sentinelFuse: FUSE });
  await rename(unfinished, to);
}
