// A program that is shown to the person who waits, as journalctl --follow is by `certagent logs -f`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../testnode/support.ts';

const here = (path: string) => JSON.stringify(new URL(`../../src/host/${path}`, import.meta.url).href);

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const)
  test(`${signal} ends the program, too`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'certagent-shown-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    await mkdir(join(directory, 'usr/bin'), { recursive: true });
    await writeFile(join(directory, 'usr/bin/follows'), '#!/bin/sh\necho $$\nexec /bin/sleep 1000\n');
    await chmod(join(directory, 'usr/bin/follows'), 0o755);
    const script = `
      import { runShown } from ${here('shown-program.ts')};
      import { Root } from ${here('root.ts')};
      await runShown(new Root(${JSON.stringify(directory)}), 'follows', [], { limit: null });
    `;
    const certagent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => certagent.kill('SIGKILL'));
    const [line] = (await once(certagent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    certagent.kill(signal);
    const [code, by] = (await once(certagent, 'exit')) as [number | null, string | null];
    assert.deepEqual([code, by], [null, signal]);
    assert.ok(await eventually(() => isGone(pid)));
  });

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}
