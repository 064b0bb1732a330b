/**
 * Every distribution that certagent knows, with the words for it and for the roles of its nodes. Data only, because each
 * `certagent status` loads it. What a distribution does is in its module; index.ts fails to compile while one lacks it.
 */
const KINDS = {
  kubeadm: { label: 'kubeadm', roles: { 'control-plane': 'control-plane node', worker: 'worker node' } },
  k3s: { label: 'K3s', roles: { server: 'server', agent: 'agent' } },
  rke2: { label: 'RKE2', roles: { server: 'server', agent: 'agent' } },
  k0s: { label: 'k0s', roles: { controller: 'controller', worker: 'worker' } },
  'hard-way': {
    label: 'hard-way',
    roles: { 'control-plane': 'control-plane node', worker: 'worker node' },
  },
} as const satisfies Record<string, { label: string; roles: Record<string, string> }>;

export type Distribution = keyof typeof KINDS;
/** The roles that nodes of one distribution have. */
export type RoleOf<D extends Distribution> = D extends Distribution ? keyof (typeof KINDS)[D]['roles'] : never;
export type Role = RoleOf<Distribution>;

/** The program of that name, which a kind of step runs. */
export const KUBEADM = 'kubeadm' satisfies Distribution;

export const DISTRIBUTION_NAMES = Object.keys(KINDS) as [Distribution, ...Distribution[]];

/** The programs of those names; a node set up by hand has none. */
export const DISTRIBUTION_PROGRAMS = DISTRIBUTION_NAMES.filter((name) => name !== 'hard-way');

/** Whether a word (a certificate's owner, a field of the journal) is the name of a distribution. */
export function isDistribution(word: string): word is Distribution {
  return Object.hasOwn(KINDS, word);
}

/** The name as its makers write it. */
export function labelOf(distribution: Distribution): string {
  return KINDS[distribution].label;
}

/** "kubeadm control-plane node", "K3s server". */
export function nodeLabel(distribution: Distribution, role: Role | null): string {
  const roles: Partial<Record<Role, string>> = KINDS[distribution].roles;
  return `${labelOf(distribution)} ${(role === null ? undefined : roles[role]) ?? 'node'}`;
}

/** All labels in a sentence: "kubeadm, K3s or RKE2" for `or`. */
export function allLabels(conjunction: 'and' | 'or' | 'nor'): string {
  const labels = DISTRIBUTION_NAMES.map(labelOf);
  return `${labels.slice(0, -1).join(', ')} ${conjunction} ${labels.at(-1)}`;
}
