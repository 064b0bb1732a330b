import type { Blocker } from '../../domain/model/decision.ts';

/** Blockers that a check of their own reports; all others are the check "renewal". */
export const TOPICS = {
  clock: ['CLOCK_DOUBTFUL'],
  disk: ['DISK_FULL'],
  rehearsal: ['REHEARSAL_IMPOSSIBLE'],
  programs: ['KUBEADM_MISSING', 'KUBEADM_VERSION_UNKNOWN'],
  servers: ['COMPONENT_UNHEALTHY', 'SERVER_AWAY', 'COMPONENT_UNKNOWN', 'PROCESS_UNKNOWN'],
  'ca-keys': [
    'CA_KEY_MISSING',
    'CA_KEY_UNREADABLE',
    'CA_KEY_DIFFERS',
    'NOT_SIGNED_BY_CA',
    'K3S_CA_MISSING',
    'K3S_CA_KEY_MISSING',
    'K3S_CA_UNPARSABLE',
    'K3S_CA_KEY_MISMATCH',
    'K3S_CA_CHANGED',
  ],
} as const satisfies Record<string, readonly Blocker['code'][]>;

const ELSEWHERE: readonly Blocker['code'][] = Object.values(TOPICS).flat();

export const isOfTopic = ({ code }: Blocker): boolean => ELSEWHERE.includes(code);
