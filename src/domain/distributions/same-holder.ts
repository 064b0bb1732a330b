import type { Certificate } from '../model/certificate.ts';

/** Groups with all rights, which kubeadm takes from its certificates since v1.29, or puts in place of each other. */
const PRIVILEGED = ['system:masters', 'kubeadm:cluster-admins'];

/**
 * Whether a renewed certificate has the previous one's subject. It may have lost a privileged group, and kubeadm's
 * administrators may have taken the place of `system:masters`.
 */
export function isSameHolder(
  old: Pick<Certificate, 'subject'> & { organizations?: string[] },
  renewed: Pick<Certificate, 'subject' | 'organizations'>,
): boolean {
  if (renewed.subject === old.subject) return true;
  if (old.organizations === undefined || withoutGroups(old.subject) !== withoutGroups(renewed.subject)) return false;
  const before = old.organizations;
  const lost = before.filter((group) => !renewed.organizations.includes(group));
  const gained = renewed.organizations.filter((group) => !before.includes(group));
  const mayGain = lost.includes('system:masters') ? ['kubeadm:cluster-admins'] : [];
  return lost.every((group) => PRIVILEGED.includes(group)) && gained.every((group) => mayGain.includes(group));
}

function withoutGroups(subject: string): string {
  return subject
    .split(/, | \+ /)
    .filter((part) => !part.startsWith('O='))
    .sort()
    .join(', ');
}
