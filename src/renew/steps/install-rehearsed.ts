import { CertagentError } from '../../domain/model/errors.ts';
import type { Expectation } from '../../domain/model/plan.ts';
import { BOUNDS, canTellApart } from '../../domain/plan/expiration-buckets.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { day } from '../../domain/time/day.ts';
import { HOUR } from '../../domain/time/duration.ts';
import { certificateTexts } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { list, nodePath, object, tag } from '../../host/shape.ts';
import { parseCertificate } from '../../host/x509.ts';
import { checksum } from '../backup/authorities.ts';
import { type BackupManifest, readBackedUp, readManifest } from '../backup/backup-manifest.ts';
import { restore } from '../backup/put-back-files.ts';
import { refuseChanged } from '../in-place/refuse-changed.ts';
import { restoring, type StepActor, type StepContext } from './actor.ts';
import { expectation } from './step-shapes.ts';

type InstallRehearsedStep = StepOf<'install-rehearsed'>;

/**
 * Each key and its certificate take the places of the previous two at once, each as a whole file: a part of K3s that reads them just then
 * finds the one pair or the other, but for an instant between two renames.
 */
export const installRehearsed: StepActor<InstallRehearsedStep> = {
  schema: object({ kind: tag('install-rehearsed'), from: nodePath, leaves: list(expectation) }),
  writes: filesOf,
  undo: (step, { plan }) => restoring(filesOf(step), plan),
  isDone: async (step, { root }) => ((await areInPlace(root, step)) ? 'in place already' : null),
  act,
  mayGoOn: async (step, { root, plan }) => {
    const staged = await readManifest(root.at(step.from));
    return refuseChanged(root, plan, filesOf(step), staged).then(
      () => true,
      () => false,
    );
  },
  reload: () => ({ kind: 'await-served' }),
};

function filesOf({ leaves }: Pick<InstallRehearsedStep, 'leaves'>): string[] {
  return [...new Set(leaves.flatMap(({ path, keyPath }) => [keyPath, path]))];
}

/** Throws CertagentError CHANGED_SINCE, CLIENTS_UNSEEN, or what `restore` throws. */
async function act(step: InstallRehearsedStep, { root, plan, now }: StepContext): Promise<string> {
  const staged = await readManifest(root.at(step.from));
  const next = await expiriesIn(root, step, staged);
  refuseUnseen(step.leaves, next, now());
  let count = 0;
  for (const leaf of step.leaves) {
    const files = filesOf({ leaves: [leaf] });
    // Right before they are replaced, not when the plan was made.
    await refuseChanged(root, plan, files, staged);
    count += (await restore(root, step.from, files)).length;
  }
  return `${count} files written; the first certificate expires ${day(Math.min(...next))}`;
}

/** Then nothing could prove later that every part of K3s has loaded them. */
function refuseUnseen(leaves: Expectation[], next: number[], now: number): void {
  const previous = leaves.flatMap(({ old }) => old?.notAfter ?? []);
  if (canTellApart(previous, next, BOUNDS, { from: now, to: now + HOUR })) return;
  throw new CertagentError(
    'CLIENTS_UNSEEN',
    'the new certificates expire so soon after the previous ones that the API server counts requests with both alike: nothing would prove that K3s has loaded them',
  );
}

async function expiriesIn(root: Root, { from, leaves }: InstallRehearsedStep, { files }: BackupManifest) {
  const expiries: number[] = [];
  for (const { path, keyPath } of leaves) {
    // That in the kubeconfig is the administrator's, which is among the others.
    if (path === keyPath) continue;
    const file = files.find((one) => one.path === path);
    const pem = file === undefined ? [] : certificateTexts((await readBackedUp(root.at(from), file)).toString('utf8'));
    if (pem[0] === undefined) throw new CertagentError('BAD_CERTIFICATE', `the rehearsal has left no ${path}`);
    expiries.push(parseCertificate(pem[0]).notAfter);
  }
  return expiries;
}

async function areInPlace(root: Root, step: InstallRehearsedStep): Promise<boolean> {
  const staged = await readManifest(root.at(step.from)).catch(() => null);
  if (staged === null) return false;
  for (const path of filesOf(step)) {
    const file = staged.files.find((one) => one.path === path);
    if (file === undefined || (await checksum(root, path)) !== file.sha256) return false;
  }
  return true;
}
