// A rehearsal's prediction for each accident, and what a restart of the real K3s then makes of it.
import type { RehearsalResult } from '../../src/domain/model/rehearsal.ts';
import { installSource } from '../e2e/source-tree.ts';
import { ACCIDENTS, type Accident } from './accidents.ts';
import { ageLeaves, TLS } from './aging.ts';
import { isReady, type RealNode, reset } from './k3s.ts';
import type { Outcome, Scene } from './play.ts';

export const REHEARSALS: Scene[] = ACCIDENTS.map((accident) => ({
  name: `rehearsed: ${accident.name}`,
  play: (node: RealNode) => predicted(node, accident),
}));

const DUE = 25;
/** Seconds after a start until a K3s that exits late has exited. */
const LATE = '9';

async function predicted(node: RealNode, { does, file }: Accident): Promise<Outcome> {
  const { machine } = node;
  await reset(node);
  await ageLeaves(machine, DUE);
  if (file !== undefined && (await machine.run('test', '-e', `${TLS}/${file}`)).code !== 0)
    return { problems: [], result: 'this version has no such file', away: null, whole: null };
  await machine.must('sh', '-ec', `cd ${TLS}; ${does}`);
  const before = await files(node);
  const startedAt = Date.now();
  const rehearsal = await rehearsed(node);
  const whole = (Date.now() - startedAt) / 1_000;
  const problems = (await files(node)) === before ? [] : ['the rehearsal has changed files of the node'];
  if (rehearsal.kind !== 'start') return { problems: [JSON.stringify(rehearsal)], result: '', away: null, whole };
  await machine.run('timeout', '60', 'systemctl', 'start', 'k3s');
  await machine.must('sleep', LATE);
  const isUp = (await machine.run('systemctl', 'is-active', 'k3s')).stdout.trim() === 'active';
  const wouldBeUp = rehearsal.readyAfter !== null;
  if (wouldBeUp !== isUp) problems.push(`predicted ${words(wouldBeUp)}, and K3s ${words(isUp)}`);
  const works = isUp && (await isReady(machine));
  const wouldWork = wouldBeUp && rehearsal.kubeconfig === null;
  if (isUp && works !== wouldWork)
    problems.push(`k3s.yaml ${works ? 'works' : 'does not work'}, which was not predicted`);
  return { problems, result: resultOf(rehearsal), away: null, whole };
}

async function rehearsed({ machine }: RealNode): Promise<RehearsalResult> {
  const [program, ...words] = installSource(machine)('test/real/child/rehearse.ts');
  return JSON.parse(await machine.must(program!, ...words)) as RehearsalResult;
}

/** K3s is stopped: nothing else changes them. */
function files({ machine }: RealNode): Promise<string> {
  const words = '--sort=name --numeric-owner --xattrs --acls --pax-option=delete=atime';
  const trees = 'etc var/lib/rancher/k3s/server var/lib/kubelet';
  return machine.must('sh', '-ec', `tar -C / ${words} -cf - ${trees} 2>/dev/null | sha256sum`);
}

function resultOf(rehearsal: Extract<RehearsalResult, { kind: 'start' }>): string {
  const { readyAfter, reason, certificates, authorities, kubeconfig } = rehearsal;
  if (readyAfter === null) return `does not come up (${reason?.code ?? rehearsal.ending}), as predicted`;
  const broken = certificates.flatMap(({ id, problem }) => (problem === null ? [] : [id]));
  const restored = authorities.filter(({ state }) => state !== 'unchanged').map(({ state }) => `a CA ${state}`);
  const parts = [...broken.map((id) => `${id} not renewed`), ...new Set(restored)];
  if (kubeconfig !== null) parts.push('k3s.yaml does not work');
  return ['comes up', ...parts].join(', ').concat(', as predicted');
}

const words = (isUp: boolean): string => (isUp ? 'comes up' : 'does not come up');
