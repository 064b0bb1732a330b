import { rulesOf } from '../distributions/index.ts';
import { isDistribution, labelOf } from '../distributions/names.ts';
import type { Instant, Owner } from '../model/certificate.ts';
import type { Decision, Decisions } from '../model/decision.ts';
import type { Inventory, NodeFacts, ObservedCertificate } from '../model/inventory.ts';
import { day } from '../time/day.ts';
import { expires } from './certificate-check.ts';
import { isLeaf } from './ownership.ts';
import { isRenewableAt, isRotatable } from './renewal-window.ts';

/** Why a person's request to renew `name` is refused. */
export type NameRefusal =
  | { code: 'CERTIFICATE_UNKNOWN' }
  | { code: 'CERTIFICATE_NOT_RENEWED'; why: string; remedy: string };

/**
 * Why this node's tool does not renew the certificate `name`, of its kind or now; null: it does, or what prevents it is in the
 * node's renewal. `decisions`: those for the same request.
 */
export function refuseName(
  name: string,
  { inventory, decisions, force, now }: { inventory: Inventory; decisions: Decisions; force: boolean; now: Instant },
): NameRefusal | null {
  const observed = inventory.certificates.find(({ id }) => id === name);
  if (observed === undefined) return { code: 'CERTIFICATE_UNKNOWN' };
  // Each certificate of an inventory has its decision.
  const decision = decisions.certificates.find(({ id }) => id === name)!;
  const found =
    ofAnother(observed, inventory) ?? needsPerson(decision) ?? notByRestart(observed, inventory, force, now);
  return found === null ? null : { code: 'CERTIFICATE_NOT_RENEWED', ...found };
}

type Found = { why: string; remedy: string };

function ofAnother(observed: ObservedCertificate, { node, certificates }: Inventory): Found | null {
  const { id, owner, place, certificate } = observed;
  if (owner === node.distribution && isLeaf(observed)) return null;
  const itself = certificates.find(
    (other) => other.owner === 'cluster-ca' && other.certificate.fingerprint === certificate.fingerprint,
  );
  if (itself !== undefined)
    return {
      why: `${itself.id} is a CA: no tool renews it, and all that it signed expires with it`,
      remedy: `See how long it is valid: certagent explain ${itself.id}. Plan its replacement by hand.`,
    };
  if (owner === node.distribution)
    return {
      why: `${id} is stored behind another certificate in ${place.path}`,
      remedy: 'Name the first certificate of that file.',
    };
  return ofOwner(observed, owner);
}

function ofOwner({ id, place }: ObservedCertificate, owner: Owner): Found {
  switch (owner) {
    case 'kubelet':
      return {
        why: `${id} belongs to the kubelet, which requests its successor by itself`,
        remedy: `See what certagent found: certagent explain ${id}`,
      };
    case 'external-ca':
      return {
        why: `${id} was signed by an external CA, whose key is not on this node`,
        remedy: `Write a request, have that CA sign it, and install the answer: certagent csr ${id}; certagent install FILES.`,
      };
    case 'copy':
      return {
        why: `${id} is a copy, which follows the node's own kubeconfig`,
        remedy: 'Renew that one, or update the copy: certagent sync',
      };
    default:
      return {
        why: isDistribution(owner)
          ? `${id} belongs to ${labelOf(owner)}, which does not run this node`
          : `certagent only watches ${id} (${place.path})`,
        remedy: 'Renew it where it comes from.',
      };
  }
}

function needsPerson({ id, verdict }: Decision): Found | null {
  return verdict.kind === 'escalate' ? { why: `${id} ${verdict.why}`, remedy: verdict.remedy } : null;
}

/** Where a restart renews, only what is inside its own window. */
function notByRestart(observed: ObservedCertificate, inventory: Inventory, force: boolean, now: Instant): Found | null {
  const canRotate = isRotatable(observed, inventory);
  if (isRenewableAt(observed, inventory, now) || (force && canRotate)) return null;
  const distribution = inventory.node.distribution!;
  const from = observed.certificate.notAfter - rulesOf(distribution).renewsWithin(inventory.preconditions);
  return {
    why: `${observed.id} ${expires(observed, now)}, and a restart of ${labelOf(distribution)} renews it from ${day(from)} on`,
    remedy: canRotate
      ? `Wait until then, or have every certificate of this node issued again: certagent renew ${observed.id} --force`
      : 'Wait until then.',
  };
}

/** In words for a person: why more than what was named is renewed; null: only that is. */
export function renewsAlong(
  named: readonly string[],
  ids: readonly string[],
  { distribution }: Pick<NodeFacts, 'distribution'>,
): string | null {
  const others = ids.filter((id) => !named.includes(id));
  if (distribution === null || others.length === 0 || rulesOf(distribution).renewsSingly === true) return null;
  return `${labelOf(distribution)} cannot renew one certificate alone: its restart renews every one that is due. Here it also renews ${others.join(', ')}.`;
}
