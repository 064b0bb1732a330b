import { isLeaf } from '../decide/ownership.ts';
import { isDistribution, labelOf } from '../distributions/names.ts';
import type { Decisions } from '../model/decision.ts';
import { CertagentError } from '../model/errors.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';

type Seen = { inventory: Pick<Inventory, 'certificates' | 'findings'>; decisions: Pick<Decisions, 'certificates'> };

/** The leaves that a CA elsewhere signs. */
function externalLeaves({ certificates }: Pick<Inventory, 'certificates'>): ObservedCertificate[] {
  return certificates.filter((observed) => observed.owner === 'external-ca' && isLeaf(observed));
}

/**
 * The certificates that need a request: those that are due, or those that a person names. Throws CertagentError CSR_REFUSED for a name
 * of which none can be made.
 */
export function chooseRequests({ inventory, decisions }: Seen, names: string[]): ObservedCertificate[] {
  const external = externalLeaves(inventory);
  if (names.length === 0) {
    const due = decisions.certificates.filter(({ verdict }) => isDue(verdict)).map(({ id }) => id);
    return external.filter(({ id }) => due.includes(id));
  }
  return [...new Set(names)].map((name) => {
    const found = external.find(({ id }) => id === name);
    if (found === undefined) throw refusal(name, inventory);
    return found;
  });
}

function isDue(verdict: Decisions['certificates'][number]['verdict']): boolean {
  return verdict.kind === 'escalate' && verdict.code === 'EXTERNAL_CA';
}

function refusal(name: string, inventory: Seen['inventory']): CertagentError {
  const known = inventory.certificates.find(({ id }) => id === name);
  const external = externalLeaves(inventory).map(({ id }) => id);
  const remedy =
    external.length === 0
      ? 'The keys of all CAs of this node are on it, or this node has no CA of kubeadm.'
      : `A CA elsewhere signs: ${external.join(', ')}.`;
  if (known === undefined) {
    const finding = inventory.findings.find(({ id }) => id === name);
    const why =
      finding === undefined
        ? `this node has no certificate ${JSON.stringify(name)}`
        : `${finding.path} cannot be read (${finding.reason}), and a request takes its names from it`;
    return new CertagentError('CSR_REFUSED', why, { remedy });
  }
  if (isDistribution(known.owner))
    return new CertagentError(
      'CSR_REFUSED',
      `${labelOf(known.owner)} renews ${name}: the key of its CA is on this node`,
      {
        remedy: 'Renew it: certagent renew',
      },
    );
  return new CertagentError(
    'CSR_REFUSED',
    `${name} is not a leaf certificate of a CA of this node whose key is elsewhere`,
    {
      remedy,
    },
  );
}
