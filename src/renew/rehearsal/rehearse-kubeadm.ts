import { existsSync, realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KUBEADM } from '../../domain/distributions/names.ts';
import type { KubeadmRehearsal, RehearsalResult } from '../../domain/model/rehearsal.ts';
import { said } from '../../domain/text/printable.ts';
import { findCommand } from '../../host/commands.ts';
import { followLinks } from '../../host/links.ts';
import { Root } from '../../host/root.ts';
import { copyTree, treeSize } from './copy-tree.ts';
import { ask, measured } from './inside-answer.ts';
import { judgeCopy } from './judge-copy.ts';
import type { RehearseOptions } from './options.ts';
import { needRoom, type Place } from './place.ts';

/** `kubeadm certs renew` on copies, in `place`. */
export async function rehearseKubeadm(
  root: Root,
  { directories, calls, limit, memory, certificates, authorities }: KubeadmRehearsal,
  place: Place,
  { now, waiting, signal }: RehearseOptions,
): Promise<RehearsalResult> {
  const startedAt = performance.now();
  const beganAt = now();
  const program = await findCommand(root, KUBEADM);
  if (program === null) return { kind: 'impossible', why: `${KUBEADM} is not on this node` };
  waiting('for the copy');
  let copied = 0;
  const writable: { from: string; to: string }[] = [];
  for (const directory of outermost(directories)) {
    const from = await followLinks(root, directory);
    const to = join(place.image, directory);
    await mkdir(dirname(to), { recursive: true, mode: 0o755 });
    await needRoom(place.image, await treeSize(from));
    copied += (await copyTree(from, to, { signal })).bytes;
    writable.push({ from: to, to: root.isMachine ? realpathSync(directory) : directory });
  }
  waiting(`for ${KUBEADM} on the copy`);
  const answer = await ask(root, place, {
    network: 'node',
    writable,
    // Names are resolved as on the node.
    readable: existsSync(RESOLVER) && root.isMachine ? [{ from: RESOLVER, to: RESOLVER }] : [],
    memory,
    limit: calls.length * limit + AROUND,
    task: { kind: 'command', program, calls, limit },
    signal,
  });
  if (answer.kind === 'impossible') return answer;
  if (answer.kind !== 'command') return { kind: 'impossible', why: 'the helper answered something else' };
  return {
    kind: 'command',
    calls: answer.calls.map(({ id, exitCode, timedOut, output }) => ({
      id,
      exitCode,
      timedOut,
      said: said(output, (line) => RELEVANT.test(line)) ?? (exitCode === 0 ? null : said(output, isComplaint)),
      usedDefaults: /Falling back to default configuration/i.test(output),
    })),
    ...(await judgeCopy(root, new Root(place.image), { certificates, authorities }, beganAt)),
    measures: measured(root, { startedAt, copied, answer }),
  };
}

/** Milliseconds for the helper itself. */
const AROUND = 30_000;
const RESOLVER = '/run/systemd/resolve';
/** It says first what it does ("[renew] …"), then what went wrong. */
const isComplaint = (line: string): boolean => !/^\[[a-z-]+\]|^To see the stack trace/.test(line);
const RELEVANT = /MISSING!|external (?:etcd\/)?ca|can't be renewed|^error|wanted exactly one/i;

/** Without those that lie in another one. */
function outermost(directories: readonly string[]): string[] {
  const all = [...new Set(directories)];
  return all.filter((each) => !all.some((other) => each !== other && each.startsWith(`${other}/`)));
}
