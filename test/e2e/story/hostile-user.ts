// A hostile user, who uses the processes that run with that user's rights.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { eventually } from '../../testnode/support.ts';
import { COPY, type Scene } from '../support.ts';

export function stopsTheHelper(t: TestContext, { machine }: Scene): Promise<void> {
  return t.test(
    'a user who stops the helper that looks after his copy holds up nobody, and no process stays behind',
    async () => {
      // The pattern does not find itself.
      const stop = `c=; read -r c <$d/cmdline; case $c in *copies[-]helper*) kill -STOP \${d#/proc/};; esac`;
      const loop = `: >/tmp/begun; while [ ! -e /tmp/over ]; do for d in /proc/[0-9]*; do ${stop}; done; done`;
      const script = machine.as('alice', 'timeout', '--signal=KILL', '400', 'sh', '-c', `{ ${loop}; } 2>/dev/null`);
      try {
        await eventually(async () => (await machine.run('test', '-e', '/tmp/begun')).code === 0);
        // certagent checks a copy when it has changed; each check is a chance to stop the helper.
        await eventually(async () => {
          await machine.must('touch', COPY);
          const synced = await machine.run('certagent', 'sync');
          return synced.code === 1 && /alice.*did not answer/.test(synced.stdout);
        });
        // A stop does not wait either, even when the helper is stopped after its last answer.
        await machine.must('systemctl', 'restart', 'certagent');
      } finally {
        await machine.run('touch', '/tmp/over');
        await script;
      }
      // The new daemon may check the copy too: its helper, stopped or not, exits within a time limit.
      const helpers = () => machine.run('sh', '-c', 'grep -ls copies[-]helper /proc/[0-9]*/cmdline');
      await eventually(async () => (await helpers()).stdout === '');
      assert.equal((await machine.run('certagent', 'sync')).code, 0);
    },
  );
}
