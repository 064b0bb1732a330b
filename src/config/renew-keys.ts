import * as z from './fields.ts';
import { absolutePath, count, duration, note, table } from './fields.ts';

/** How a renewal runs. */
export const renewTable = () =>
  note(
    table({
      cycle: note(
        z.prefault(z.enum(['signal', 'annotate', 'move']), 'signal'),
        'How static pods are restarted. signal: end the process, and the kubelet restarts its container at once; annotate: change an annotation in the manifest, which takes longer; move: move the manifest out and back, which takes longest.',
      ),
      neighbours: note(
        z.prefault(z.enum(['report', 'restart']), 'report'),
        'Other static pods that mount renewed files (kube-vip with admin.conf). report: name them; restart: restart them after the renewal, one by one.',
      ),
      kubelet: note(
        z.prefault(z.boolean(), false),
        "On a kubeadm control-plane node: make a new kubelet.conf when the kubelet's client certificate has expired, and restart the kubelet. false: report the commands.",
      ),
      sans: note(
        z.prefault(z.boolean(), false),
        "On a kubeadm control-plane node: add names that the API server's certificate lacks when it is renewed. Needs kubeadm_config. false: report them, with the commands.",
      ),
      k3s: note(
        z.prefault(z.enum(['restart', 'in-place']), 'restart'),
        'How a K3s node gets its new certificates. restart: the unit restarts and issues them; in-place: on a server with sqlite and egress-selector-mode: disabled the rehearsal issues them, on an agent its server signs them; certagent puts them in place, and the running K3s loads them. It has no effect where certagent cannot prove that every part of K3s loads them: then the unit restarts, and certagent plan says why.',
      ),
      heal: note(
        z.prefault(z.boolean(), false),
        'On a K3s or RKE2 server: remove certificates that cannot be read, with their keys, before the restart, which issues them again. Only certificates that this version is known to make; never a CA. false: report them.',
      ),
      rehearse: note(
        z.prefault(z.enum(['auto', 'always', 'never']), 'auto'),
        'Try a renewal on copies of the files before anything of the node is changed, in a sandbox: the start of a K3s server, kubeadm. auto: where that is possible; certagent plan says why not. always: do not renew without it (on an agent it is never possible, and not required). never: renew without it.',
      ),
      tries_per_day: note(z.prefault(count(1, 24), 3), 'Maximum number of automatic attempts in 24 hours.'),
      backups: note(z.prefault(count(1, 100), 5), 'Number of backups to keep.'),
      backup_days: note(
        z.prefault(count(1, 3650), 90),
        'Days after which a backup is removed, however few there are: it holds private keys. After 90 days most certificates in it have expired.',
      ),
      kubeadm_config: note(
        z.optional(absolutePath()),
        "File that is passed to kubeadm as --config; required if the cluster's paths differ from kubeadm's defaults.",
        '/etc/kubernetes/kubeadm.yaml',
      ),
      kubeadm_limit: note(z.prefault(duration(), '2m'), 'Time limit for one kubeadm call.'),
      component_limit: note(
        z.prefault(duration(), '6m'),
        "Time limit for a restarted component to be healthy again; the kubelet's back-off alone can take 5 minutes.",
      ),
      etcd_patience: note(
        z.prefault(duration(), '10s'),
        'How long to wait for etcd to serve a renewed certificate before it is restarted.',
      ),
      restart_limit: note(
        z.prefault(duration(), '5m'),
        'Time limit for a restarted k3s, rke2 or k0s unit to be ready. An RKE2 server replaces its static pods one after the other, so it always has at least 35m.',
      ),
      settle: note(
        z.prefault(duration(), '6s'),
        'How long a restarted k3s, rke2 or k0s must stay ready with the same process: a start that succeeds can fail seconds later.',
      ),
      listener_limit: note(
        z.prefault(duration(), '3m'),
        "Time limit for K3s's listener certificate, which K3s renews about 30 s after its start.",
      ),
      clients_limit: note(
        z.prefault(duration(), '6m'),
        'Time limit for the parts of a running K3s to stop using previous certificates, with k3s = "in-place". They look for new ones every 5 minutes.',
      ),
      served_limit: note(
        z.prefault(duration(), '90s'),
        'Time limit for a server to serve the certificate that is on disk.',
      ),
    }),
    'How a renewal runs.',
  );
