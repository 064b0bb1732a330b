import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import type { Rehearsal, RehearsalResult } from '../../domain/model/rehearsal.ts';
import { short } from '../../domain/text/printable.ts';
import type { Root } from '../../host/root.ts';
import type { RehearseOptions } from './options.ts';
import { makePlace, type Place, removeRehearsals } from './place.ts';
import { rehearseKubeadm } from './rehearse-kubeadm.ts';
import { rehearseServer } from './rehearse-server.ts';

export { removeRehearsals } from './place.ts';

/**
 * Runs the real tool once on a copy of the node's files. The copy is removed whatever happens; what a killed certagent has left is
 * removed first. Throws CertagentError INTERRUPTED alone, when `signal` aborts.
 */
export async function rehearse(root: Root, rehearsal: Rehearsal, options: RehearseOptions): Promise<RehearsalResult> {
  let place: Place | null = null;
  try {
    await removeRehearsals(root);
    place = await makePlace(root);
    return rehearsal.kind === 'start'
      ? await rehearseServer(root, rehearsal, place, options)
      : await rehearseKubeadm(root, rehearsal, place, options);
  } catch (error) {
    if (errorCode(error) === 'INTERRUPTED') throw error;
    if (options.signal?.aborted === true) throw new CertagentError('INTERRUPTED', 'the rehearsal was stopped');
    return { kind: 'impossible', why: whyNot(error) };
  } finally {
    await place?.remove();
  }
}

function whyNot(error: unknown): string {
  return errorCode(error) === 'ENOSPC' ? 'the disk has no room for the copy' : short(explain(error));
}
