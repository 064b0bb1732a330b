import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { command, eventually, nodeFor } from './support.ts';

describe('the stand-in for systemd-run', { concurrency: 2 }, () => {
  it('gives back what a transient service printed and exited with, and runs it without our environment', async (t) => {
    const { root } = await nodeFor(t, { kind: 'kubeadm-worker' });
    const run = (...words: string[]) => command(join(root, 'usr/bin/systemd-run'), words);
    const words = ['--wait', '--pipe', '--collect', '--unit=x', '-p', 'RuntimeMaxSec=20', '-p', 'PrivateTmp=yes'];
    const script = 'echo "$$A"; echo "[$$HOME]" >&2; exit 3';
    const { code, stdout, stderr } = await run(...words, '--setenv=A=b c\nd', '--', '/bin/sh', '-c', script);
    assert.deepEqual([code, stdout, stderr], [3, 'b c\nd\n', '[]\n']);
    await mkdir(join(root, 'opt/a$b'), { recursive: true });
    await writeFile(join(root, 'opt/a$b/x'), '#!/bin/sh\necho "$1"\n', { mode: 0o755 });
    assert.equal((await run(...words, '--', join(root, 'opt/a$b/x'), '$$HOME')).stdout, '$HOME\n');
    assert.equal((await run(...words, '--uid=nobody-of-this-name', '/bin/true')).code, 217);
    assert.equal((await run(...words, '/no/such/program')).code, 127);
    assert.equal((await run(...words, '-p', 'RuntimeMaxSec=100ms', '/bin/sleep', '30')).code, 1);
  });

  it('leaves the service running when it is killed itself, until the unit is stopped', async (t) => {
    const { root } = await nodeFor(t, { kind: 'kubeadm-worker' });
    const file = join(root, 'run/demo/transient/y.json');
    const running = spawn(join(root, 'usr/bin/systemd-run'), ['--unit=y', '/bin/sleep', '60'], { stdio: 'ignore' });
    await eventually(() => existsSync(file));
    running.kill('SIGKILL');
    await once(running, 'exit');
    assert.equal((await command(join(root, 'usr/bin/systemd-run'), ['--unit=y', '/bin/true'])).code, 1);
    assert.equal((await command(join(root, 'usr/bin/systemctl'), ['stop', 'y.service'])).code, 0);
    assert.equal((await command(join(root, 'usr/bin/systemctl'), ['stop', 'y'])).code, 5);
  });
});
