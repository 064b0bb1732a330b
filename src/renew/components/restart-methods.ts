import { readlink } from 'node:fs/promises';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import type { Undo } from '../../domain/model/journal.ts';
import type { CycleStep } from '../../domain/model/plan.ts';
import type { RestartMethod } from '../../domain/plan/steps/static-pod-restart.ts';
import { writeAtomic } from '../../host/files.ts';
import type { Process } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import { sha256 } from '../backup/backup-manifest.ts';
import type { StepContext } from '../steps/actor.ts';
import { until } from '../wait.ts';
import { annotate } from './annotation.ts';
import { stillRunning } from './component-processes.ts';
import {
  isThere,
  moveAcross,
  placeOfMoved,
  readManifestFile,
  replaceManifest,
  returnManifest,
} from './manifest-file.ts';
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

/**
 * The manifest is never absent and never half-written: a crash at any moment loses nothing. The annotation makes it a new
 * pod, so the kubelet's back-off of earlier crashes does not apply.
 */
async function changeAnnotation(step: CycleStep, { root, now }: StepContext): Promise<void> {
  const { bytes, facts } = await readManifestFile(root, step);
  const path = await fileOfManifest(root, step.manifest);
  let text: string;
  try {
    text = annotate(bytes.toString('utf8'), new Date(now()).toISOString());
  } catch (cause) {
    throw CertagentError.relayed(errorCode(cause), `the manifest ${step.manifest} cannot be annotated`, {
      cause,
      ...(cause instanceof CertagentError && cause.remedy !== undefined ? { remedy: cause.remedy } : {}),
    });
  }
  if (path === root.at(step.manifest)) return replaceManifest(path, text, facts);
  // Where a link leads nothing is run as a pod, and only that directory is known to be writable.
  const { mode, uid, gid } = facts;
  await writeAtomic(path, text, { mode, uid, gid });
}

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
