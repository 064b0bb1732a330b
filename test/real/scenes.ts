// What is played on each K3s. Every scene begins with the state of K3s's first start, and reports what was wrong at its end.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from '../e2e/machine.ts';
import { checked, journal } from '../e2e/support.ts';
import { eventually } from '../testnode/support.ts';
import { ageLeaves, ageListener, keyOf, leavesOf, TLS } from './aging.ts';
import { IN_PLACE } from './in-place.ts';
import { incarnation, type RealNode, reset } from './k3s.ts';
import { IN_PLACE_MOMENTS, MOMENTS, sigkill, sigkillInPlace } from './kill.ts';
import {
  due,
  measured,
  type Outcome,
  over,
  RENEWAL_LIMIT,
  renewed,
  type Scene,
  startCertagent,
  wholeOf,
} from './play.ts';
import { problemsOf } from './proof.ts';
import { REHEARSALS } from './rehearsal.ts';
import { casRotated } from './rotation.ts';
import { BARE_RESTART, RENEWAL } from './table.ts';

export const SCENES: Scene[] = [
  { name: BARE_RESTART, play: bareRestart },
  { name: RENEWAL, play: renewal },
  { name: 'everything expired, K3s runs', play: expiredRunning },
  { name: 'everything expired, K3s starts', play: expiredStarting },
  { name: 'a missing CA key', play: missingCaKey },
  { name: 'a garbage leaf', play: garbageLeaf },
  { name: 'a garbage leaf, renew.heal', play: garbageHealed },
  { name: 'new CAs, stored and not loaded', play: casRotated },
  { name: 'renew --force, nothing due', play: forced },
  ...MOMENTS.map((moment) => ({ name: `SIGKILL ${moment.name}`, play: (node: RealNode) => sigkill(node, moment) })),
  ...REHEARSALS,
  ...IN_PLACE,
  ...IN_PLACE_MOMENTS.map((moment) => ({
    name: `in place, SIGKILL ${moment.name}`,
    play: (node: RealNode) => sigkillInPlace(node, moment),
  })),
];

async function bareRestart(node: RealNode): Promise<Outcome> {
  await due(node);
  const { away, took } = await measured(node, () => node.machine.must('systemctl', 'restart', 'k3s'));
  return { problems: await problemsOf(node.machine, 'alone'), result: 'restarted', away, whole: took };
}

async function renewal(node: RealNode): Promise<Outcome> {
  await due(node);
  return renewed(node);
}

async function expiredRunning(node: RealNode): Promise<Outcome> {
  await due(node, -1);
  await ageListener(node.machine, node.listener, -1);
  return renewed(node);
}

/** A server that was off for years. Before v1.32.6 such a start hangs for ever: certagent finds the unit in "activating". */
async function expiredStarting(node: RealNode): Promise<Outcome> {
  const { machine } = node;
  await reset(node);
  await ageLeaves(machine, -3);
  await ageListener(machine, node.listener, -3);
  await machine.must('systemctl', 'start', '--no-block', 'k3s');
  const hangs = await eventually(async () => {
    if ((await machine.run('systemctl', 'is-active', 'k3s')).stdout.trim() === 'active') return 'no';
    const log = await machine.must('journalctl', '--unit=k3s', '--output=cat', '--no-pager', '--lines=200');
    return /127\.0\.0\.1.*certificate has expired/.test(log) && 'yes';
  }, 120_000);
  let problems: string[] = [];
  const { away, took } = await measured(node, async () => {
    await startCertagent(node);
    const end = Date.now() + RENEWAL_LIMIT / 2;
    do problems = await problemsOf(machine, 'watched');
    while (problems.length > 0 && Date.now() < end);
  });
  const result = hangs === 'yes' ? 'the start hung; healed' : 'healed by the start itself';
  return { problems, result, away, whole: took };
}

async function missingCaKey(node: RealNode): Promise<Outcome> {
  const key = node.machine.at(`${TLS}/client-ca.key`);
  await due(node);
  const kept = readFileSync(key);
  rmSync(key);
  return blockedUntil(node, () => writeFileSync(key, kept, { mode: 0o600 }));
}

async function garbageLeaf(node: RealNode): Promise<Outcome> {
  const { machine } = node;
  await due(node);
  const path = spoilt(machine);
  return blockedUntil(node, () => {
    for (const file of [path, keyOf(path)]) rmSync(machine.at(file));
  });
}

async function garbageHealed(node: RealNode): Promise<Outcome> {
  await due(node, undefined, '[renew]\nheal = true\n');
  spoilt(node.machine);
  return renewed(node, 'removed, renewed');
}

/** A restart would renew nothing: `certificate rotate` has every leaf issued again. */
async function forced(node: RealNode): Promise<Outcome> {
  const { machine } = node;
  await due(node, 200);
  const { away } = await measured(node, async () => {
    await startCertagent(node);
    await checked(node);
    await machine.must('certagent', 'renew', '--force', '--yes');
  });
  const problems = await problemsOf(machine, 'watched');
  return { problems, result: 'rotated, renewed', away, whole: wholeOf(journal(node)) };
}

/** Of the scheduler's own certificate where there is one: with garbage in it K3s exits seconds after a successful start. */
function spoilt(machine: Machine): string {
  const own = leavesOf(machine).find((leaf) => leaf.endsWith('/kube-scheduler.crt'));
  const path = own ?? `${TLS}/client-scheduler.crt`;
  writeFileSync(machine.at(path), 'garbage\n');
  return path;
}

/** certagent must leave the node as it is, and renew once the operator has followed the remedy. `away`: before that. */
async function blockedUntil(node: RealNode, followRemedy: () => void): Promise<Outcome> {
  const { machine } = node;
  const problems: string[] = [];
  const before = await incarnation(machine);
  let codes = 'none';
  const { away } = await measured(node, async () => {
    await startCertagent(node);
    const { renewal: found } = await checked(node);
    if (found.kind === 'blocked') codes = found.blockers.map(({ code }) => code).join(', ');
    else problems.push(`certagent: the renewal is ${found.kind}, not blocked`);
    await sleep(10_000);
  });
  if ((await incarnation(machine)) !== before) problems.push('k3s was restarted');
  if (journal(node).length > 0) problems.push('certagent began a renewal');
  followRemedy();
  await over(node);
  if (!journal(node).some(({ type }) => type === 'plan-ended'))
    problems.push('certagent did not renew after the remedy');
  problems.push(...(await problemsOf(machine, 'watched')));
  return { problems, result: `blocked by ${codes}; remedied, renewed`, away, whole: wholeOf(journal(node)) };
}
