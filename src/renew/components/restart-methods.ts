import { readlink } from 'node:fs/promises';
import { CertagentError } from '../../domain/model/errors.ts';
import type { Undo } from '../../domain/model/journal.ts';
import type { CycleStep } from '../../domain/model/plan.ts';
import type { RestartMethod } from '../../domain/plan/steps/static-pod-restart.ts';
import type { Process } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import { sha256 } from '../backup/backup-manifest.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';
import { changeAnnotation } from './change-annotation.ts';
import { stillRunning } from './component-processes.ts';
import { isThere, moveAcross, placeOfMoved, readManifestFile, returnManifest } from './manifest-file.ts';
import { fileOfManifest } from './manifest-link.ts';
import { endBySignal } from './signal.ts';

type Method = {
  /** Throws where the method cannot work; called before anything is changed, not when the certificates are new already. */
  check: (manifest: string, root: Root) => Promise<unknown>;
  undo: (step: CycleStep, root: Root) => Promise<Undo> | Undo;
  /** Makes the kubelet restart the pod; `before` are the processes that must end. */
  start: (step: CycleStep, context: StepContext, before: Process[]) => Promise<void>;
};

/** Every way to make the kubelet restart a static pod. A method without an entry does not compile. */
export const RESTART_METHODS: Record<RestartMethod, Method> = {
  // Where a signal does not work, the annotation does.
  signal: {
    check: (manifest, root) => fileOfManifest(root, manifest),
    undo: (step) => ({ kind: 'cycle', step }),
    start: async (step, context, before) => {
      if (!(await endBySignal(step, before, context))) await changeAnnotation(step, context);
    },
  },
  annotate: {
    check: (manifest, root) => fileOfManifest(root, manifest),
    undo: (step) => ({ kind: 'cycle', step }),
    start: changeAnnotation,
  },
  move: { check: async () => {}, undo: undoOfMove, start: moveOutAndBack },
};

async function undoOfMove(step: CycleStep, root: Root): Promise<Undo> {
  const from = placeOfMoved(step.manifest);
  // Still out from an earlier try: the checksum is that of the file where it waits, of a link that of where it leads.
  const content = await readManifestFile(root, step)
    .catch(() => readManifestFile(root, { manifest: from }))
    .then(({ bytes }) => bytes)
    .catch((error) => readlink(root.at(from)).then(Buffer.from, () => Promise.reject(error)));
  return { kind: 'return-manifest', from, manifest: step.manifest, sha256: sha256(content) };
}

/** Continues an earlier attempt (of a killed agent) that has moved the manifest out. */
async function moveOutAndBack(step: CycleStep, context: StepContext, before: Process[]): Promise<void> {
  const { root } = context;
  const away = root.at(placeOfMoved(step.manifest));
  const home = root.at(step.manifest);
  if (await isThere(home)) await moveAcross(home, away);
  const gone = await until(
    async () => {
      const left = await stillRunning(root, before);
      return left.length === 0 ? {} : `for the kubelet to stop ${step.component}`;
    },
    { limit: step.limit, interval: context.pollInterval, waiting: context.waiting },
  );
  await returnManifest(root, placeOfMoved(step.manifest), step.manifest);
  if (typeof gone === 'string') {
    throw new CertagentError('COMPONENT_NOT_ENDED', `${step.component} did not stop within ${step.limit / 1000} s`, {
      remedy: 'See whether the kubelet works: systemctl status kubelet. The manifest is back in its place.',
    });
  }
}
