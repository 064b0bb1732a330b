import { draftRepairsKubelet } from '../decide/kubelet-repair.ts';
import type { KubeadmRehearsal } from '../model/rehearsal.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation } from '../plan/expectations.ts';
import { argvFor } from './kubeadm-plan.ts';
import { authoritiesOf, type Hindrance, lacking, type Rehearsing } from './rehearsing.ts';

/** kubeadm itself needs 32 MiB (measured on v1.22.3). */
const MEMORY = 256 * 1024 ** 2;

const WORKER: Hindrance = { why: 'kubeadm renews nothing on a worker', replaced: true };

/** kubeadm reads its configuration from the API and writes files: on copies of these it does everything that it does in earnest. */
export const kubeadmRehearsing: Rehearsing = {
  hindrance: (inventory) => (inventory.node.role === 'worker' ? WORKER : lacking(inventory, MEMORY)),
  of: (draft) =>
    draft.renewed.length === 0 || draftRepairsKubelet(draft) ? null : { rehearsal: rehearsal(draft), cure: null },
};

function rehearsal(draft: Draft): KubeadmRehearsal {
  const { inventory, renewed, settings } = draft;
  const { kubeconfigDir, certificatesDir } = inventory.node.paths;
  const isInside = certificatesDir === kubeconfigDir || certificatesDir.startsWith(`${kubeconfigDir}/`);
  return {
    kind: 'command',
    calls: renewed.map(({ id }) => ({ id, argv: argvFor(id, draft) })),
    directories: isInside ? [kubeconfigDir] : [kubeconfigDir, certificatesDir],
    authorities: authoritiesOf(inventory),
    certificates: renewed.map((one) => expectation(one, inventory)),
    limit: settings.limits.kubeadm,
    memory: MEMORY,
  };
}
