import { CertagentError, explain } from '../../domain/model/errors.ts';
import type { Undo } from '../../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../../domain/model/plan.ts';
import { backupOf } from '../../domain/plan/plan-parts.ts';
import { list, nodePath, number, object, type Shape, tag, text } from '../../host/shape.ts';
import { restartUnit, startUnit } from '../../host/systemd.ts';
import { hasForeignAuthority } from '../backup/authorities.ts';
import { writtenAtStart } from '../backup/lasting-files.ts';
import { returnManifest } from '../components/manifest-file.ts';
import { type Actors, actorOf, type StepContext } from '../steps/actor.ts';
import { restart } from '../steps/step-shapes.ts';
import { untilServed } from '../verify/served.ts';
import { type PutBack, putBack, type Traces } from './guard.ts';

/** Where an undo is done. */
export type UndoContext = { step: Step; context: StepContext; traces: Traces; actors: Actors };

type UndoOf<Kind extends Undo['kind']> = Extract<Undo, { kind: Kind }>;

/** An undo has two parts, done in two rounds: first all files of all steps, then what makes processes load them. */
type UndoActor<Kind extends Undo['kind']> = {
  schema: Shape<UndoOf<Kind>>;
  /** The part that puts files back; null: none. */
  filePart: (registered: UndoOf<Kind>, context: StepContext) => Promise<Undo> | Undo | null;
  putBack: (part: UndoOf<Kind>, where: UndoContext) => Promise<PutBack>;
  /** Makes the step's process load what is on disk. Returns a detail for a person. */
  load: (part: UndoOf<Kind>, where: UndoContext) => Promise<string>;
};

const noFiles = async (): Promise<PutBack> => ({ changed: [], left: [] });
const nothingToLoad = async (): Promise<string> => '';

export const UNDOS: { [Kind in Undo['kind']]: UndoActor<Kind> } = {
  nothing: { schema: object({ kind: tag('nothing') }), filePart: () => null, putBack: noFiles, load: nothingToLoad },
  restore: {
    schema: object({ kind: tag('restore'), backup: nodePath, files: list(nodePath) }),
    filePart: (registered) => registered,
    putBack: ({ backup, files }, { context, traces }) => putBack(context.root, backup, files, traces),
    load: nothingToLoad,
  },
  cycle: {
    schema: object({ kind: tag('cycle'), step: restart }),
    filePart: () => null,
    putBack: noFiles,
    // Where a component loads its files without a restart, the step checks again.
    load: (_part, { step, context, actors }) => actorOf(actors, step).act(step, context),
  },
  'return-manifest': {
    schema: object({ kind: tag('return-manifest'), from: nodePath, manifest: nodePath, sha256: text }),
    filePart: (registered) => registered,
    putBack: bringHome,
    load: nothingToLoad,
  },
  'restart-unit': {
    schema: object({ kind: tag('restart-unit'), unit: text, backup: nodePath }),
    filePart: async ({ backup }, { root, plan }) => ({
      kind: 'restore',
      backup,
      files: [...(await writtenAtStart(root, backup)), ...triggersOf(plan)],
    }),
    putBack: noFiles,
    load: restartWithOldFiles,
  },
  'start-unit': {
    schema: object({ kind: tag('start-unit'), unit: text, limit: number }),
    filePart: () => null,
    putBack: noFiles,
    load: startAgain,
  },
  'await-served': {
    schema: object({ kind: tag('await-served') }),
    filePart: () => null,
    putBack: noFiles,
    load: servedAgain,
  },
  'restart-kubelet': {
    schema: object({ kind: tag('restart-kubelet'), unit: text, limit: number }),
    filePart: () => null,
    putBack: noFiles,
    // The previous kubelet.conf holds an expired certificate, so a kubelet that does not start is no failure of the undo.
    load: ({ unit, limit }, { context: { root } }) =>
      restartUnit(root, unit, limit).then(
        () => 'restarted with the previous kubelet.conf',
        (error: unknown) => `with the previous kubelet.conf it does not start: ${explain(error)}`,
      ),
  },
};

export function undoActorOf<One extends Undo>(undo: One): UndoActor<One['kind']> {
  return UNDOS[undo.kind] as unknown as UndoActor<One['kind']>;
}

async function bringHome(
  { from, manifest }: UndoOf<'return-manifest'>,
  { context: { root, plan }, traces }: UndoContext,
): Promise<PutBack> {
  const backup = backupOf(plan);
  if ((await returnManifest(root, from, manifest)) || backup === null) return noFiles();
  // In neither place: restored from the backup, unless it was back already and somebody has removed it since.
  return putBack(root, backup, [manifest], traces);
}

/** What a step may have created to heal a start: it was not there before. */
function triggersOf({ steps }: RenewalPlan): string[] {
  return steps.flatMap((step) => (step.kind === 'restart-unit' ? (step.listener?.trigger ?? []) : []));
}

async function restartWithOldFiles(
  { backup, unit }: UndoOf<'restart-unit'>,
  { context, actors }: UndoContext,
): Promise<string> {
  const { root, plan } = context;
  const limit = Math.max(...plan.steps.map((step) => (step.kind === 'restart-unit' ? step.limit : 0)));
  await restartUnit(root, unit, limit);
  // A further start would do the same, and files that are put back would not last.
  if (await hasForeignAuthority(root, backup))
    throw new CertagentError('CA_CHANGED', `${unit} has loaded a new CA that the previous one has not signed`);
  const ready = plan.steps.find((step) => step.kind === 'await-ready');
  return ready === undefined ? 'restarted' : actors['await-ready'].act(ready, context);
}

/** Throws CertagentError SERVED_STALE or SERVED_UNREACHABLE. */
async function servedAgain(_part: UndoOf<'await-served'>, { context }: UndoContext): Promise<string> {
  const step = context.plan.steps.find(({ kind }) => kind === 'verify-served');
  if (step?.kind !== 'verify-served') return 'loaded without a restart';
  const answer = await untilServed(step.endpoints, step.limit, context);
  if (!(answer instanceof Map)) throw answer;
  return `${answer.size === 1 ? 'the previous certificate is' : 'the previous certificates are'} served again`;
}

async function startAgain(
  { unit, limit }: UndoOf<'start-unit'>,
  { context, traces, actors }: UndoContext,
): Promise<string> {
  const { root, plan } = context;
  if ([...traces.undos.values()].some(({ kind }) => kind === 'restart-unit')) return 'a later step restarts it';
  await startUnit(root, unit, limit);
  const ready = plan.steps.find((step) => step.kind === 'await-ready');
  return ready === undefined ? 'started' : actors['await-ready'].act(ready, context);
}
