// SIGKILL of certagent, with all that it has started, at five moments of a renewal and at ten of one in place; systemd starts it again.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import { STATE_DIR } from '../../src/host/root.ts';
import { journal } from '../e2e/support.ts';
import { eventually } from '../testnode/support.ts';
import { incarnation, type RealNode } from './k3s.ts';
import { configureEgress } from './loaded-at-start.ts';
import { due, measured, type Outcome, over, startCertagent, wholeOf } from './play.ts';
import { problemsOf } from './proof.ts';

/** `after`: milliseconds after the step of that kind has begun; step null: after the plan was written. */
export type Moment = { name: string; step: string | null; after: number };

export const MOMENTS: Moment[] = [
  { name: 'when the plan is written', step: null, after: 0 },
  { name: 'in the backup', step: 'backup', after: 50 },
  { name: 'when the restart begins', step: 'restart-unit', after: 300 },
  { name: 'in the restart', step: 'restart-unit', after: 6_000 },
  { name: 'when K3s must be ready', step: 'await-ready', after: 1_000 },
];

export const IN_PLACE_MOMENTS: Moment[] = [
  { name: 'when the plan is written', step: null, after: 0 },
  { name: 'in the rehearsal', step: 'rehearse', after: 4_000 },
  { name: 'in the backup', step: 'backup', after: 20 },
  { name: 'when the first file is replaced', step: 'install-rehearsed', after: 0 },
  { name: 'among the files', step: 'install-rehearsed', after: 40 },
  { name: 'when the supervisor is asked', step: 'fetch-leaves', after: 0 },
  { name: 'between two answers of the supervisor', step: 'fetch-leaves', after: 100 },
  { name: 'when the servers are asked', step: 'verify-served', after: 0 },
  { name: 'when K3s must be ready', step: 'await-ready', after: 1_000 },
  { name: 'when the clients are counted', step: 'await-clients', after: 10_000 },
];

/** In place, with a clients_limit that is short: the parts of K3s need not have loaded what certagent replaces. */
export async function sigkillInPlace(node: RealNode, moment: Moment): Promise<Outcome> {
  const { machine } = node;
  await due(node, undefined, '[renew]\nk3s = "in-place"\nclients_limit = "60s"\n', (one) =>
    configureEgress(one, 'disabled'),
  );
  const before = await incarnation(machine);
  const outcome = await killed(node, moment);
  if ((await incarnation(machine)) !== before) outcome.problems.push('k3s was restarted');
  for (const name of ['rehearsals', 'installing'])
    if ((await machine.run('sh', '-c', `ls -A ${STATE_DIR}/${name}`)).stdout.trim() !== '')
      outcome.problems.push(`${STATE_DIR}/${name} is not empty`);
  return outcome;
}

export async function sigkill(node: RealNode, moment: Moment): Promise<Outcome> {
  await due(node);
  return killed(node, moment);
}

async function killed(node: RealNode, { step, after }: Moment): Promise<Outcome> {
  const { machine } = node;
  let killedIn = '';
  let problems: string[] = [];
  const { away } = await measured(node, async () => {
    await startCertagent(node);
    await eventually(() => hasBegun(journal(node), step));
    await sleep(after);
    await machine.must('systemctl', 'kill', '--signal=KILL', 'certagent');
    killedIn = stepIn(journal(node));
    // The next start may first undo what was interrupted: the renewal is the plan after that.
    await over(node);
    problems = await problemsOf(machine, 'watched');
  });
  if (killedIn === 'the end') problems.push('the renewal was over before the kill');
  return { problems, result: `killed in ${killedIn}; renewed`, away, whole: wholeOf(journal(node)) };
}

function hasBegun(records: readonly JournalRecord[], step: string | null): boolean {
  const kinds = kindsOf(records);
  if (step === null) return kinds.length > 0;
  return records.some((record) => record.type === 'step-started' && kinds[record.step] === step);
}

/** The step that the journal's last record is of. */
function stepIn(records: readonly JournalRecord[]): string {
  const last = records.at(-1);
  if (last === undefined || last.type === 'plan-ended' || last.type === 'plan-told') return 'the end';
  return 'step' in last ? `${kindsOf(records)[last.step]}, ${last.type.replace('step-', '')}` : 'the plan';
}

function kindsOf(records: readonly JournalRecord[]): string[] {
  const started = records.find((record) => record.type === 'plan-started');
  return started?.type === 'plan-started' ? started.plan.steps.map(({ kind }) => kind) : [];
}
