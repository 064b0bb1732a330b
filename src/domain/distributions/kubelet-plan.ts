import type { Expectation, Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation } from '../plan/expectations.ts';
import { kubeconfigCommand, kubeletConf, NODE_GROUP } from './kubeadm-kubelet.ts';

/** A new kubelet.conf for a kubelet whose client certificate has expired, and its restart. `kubeletRepair` has seen to what is there. */
export function kubeletSteps({ inventory, renewed, settings, backup }: Draft): Step[] {
  const { node, preconditions } = inventory;
  const { limits, kubeadmConfig } = settings;
  const previous = renewed[0]!;
  const [conf, user] = [kubeletConf(node), previous.certificate.commonName!];
  const rotated = preconditions.kubelet!.rotated;
  const { old, ...expected } = expectation(previous, inventory);
  // The kubelet chose its previous key and the cluster its lifetime: kubeadm's are others, until the kubelet rotates.
  const { keyType: _keyType, granted: _granted, ...compared } = old!;
  const of = (path: string): Expectation => ({ ...expected, old: compared, path, keyPath: path });
  const files = [...new Set([conf, of(conf).caPath!, ...renewed.map(({ place }) => place.path)])].sort();
  return [
    { kind: 'backup', directory: backup, files, directories: [] },
    {
      kind: 'kubelet-conf',
      conf,
      argv: [...kubeconfigCommand(user), ...(kubeadmConfig === null ? [] : ['--config', kubeadmConfig])],
      user,
      group: NODE_GROUP,
      expect: of(conf),
      limit: limits.kubeadm,
    },
    {
      kind: 'restart-kubelet',
      unit: preconditions.unit!.name,
      health: preconditions.components.find(({ name }) => name === 'kubelet')?.health ?? null,
      limit: limits.component,
    },
    { kind: 'point-kubelet-conf', conf, expect: of(rotated), limit: limits.served },
  ];
}
