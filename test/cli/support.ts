import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ControlHandlers } from '../../src/control/handlers.ts';
import type { Root } from '../../src/host/root.ts';
import { served } from '../control/support.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Compiled once for all processes of a test file, which halves the time of each. */
const CACHE = mkdtempSync(join(tmpdir(), 'certagent-compiled-'));
after(() => rmSync(CACHE, { recursive: true, force: true }));

export type Ran = { exitCode: number | null; stdout: string; stderr: string };

/** Runs certagent as its own process on a root; certagent is stopped when its output satisfies `enough`. */
export function certagent(root: Root, args: string[], enough?: (stdout: string) => boolean): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, '--root', root.prefix, ...args],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NODE_COMPILE_CACHE: CACHE },
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      if (enough?.(stdout)) child.kill();
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

export type Case = {
  what: string;
  args: string[];
  daemon?: Partial<ControlHandlers>;
  exitCode: number;
  stdout?: RegExp;
  stderr?: RegExp;
};

/** For each case a test: what a user sees of the command line, beside a daemon that answers as the case says. */
export function testCommandLines(cases: Case[]): void {
  for (const { what, args, daemon, exitCode, stdout = /^/, stderr = /^$/ } of cases) {
    test(`command line: ${what}`, async (t) => {
      const ran = await certagent(await served(t, daemon), args);
      assert.match(ran.stderr, stderr);
      assert.match(ran.stdout, stdout);
      assert.equal(ran.exitCode, exitCode);
    });
  }
}
