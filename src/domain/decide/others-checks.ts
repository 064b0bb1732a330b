import { rulesOfNode } from '../distributions/index.ts';
import { labelOf } from '../distributions/names.ts';
import type { Instant } from '../model/certificate.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { day } from '../time/day.ts';
import { DAY, formatDuration } from '../time/duration.ts';
import { type CertificateCheck, escalate, expires } from './certificate-check.ts';
import { isKubeletClient, isLeaf, isRotatedByKubelet, isSelfMade, isToolOwned } from './ownership.ts';
import { CA_NOTICES } from './renewal-window.ts';
import { userChecks } from './user-checks.ts';

/** What certagent can never renew: reported when it expires soon, with what to do. */
export const othersChecks: CertificateCheck[] = [
  {
    code: 'FOLLOWS_LEAF',
    // The CA behind each of K3s's leaves, a kubeconfig's cluster entry: the CA itself is reported.
    verdict: ({ observed }) =>
      observed.owner !== 'operator' && !isLeaf(observed) ? { kind: 'keep', until: null } : null,
  },
  {
    code: 'NOT_YET_VALID',
    verdict: ({ nearness, observed, now }) =>
      nearness === 'not-yet-valid'
        ? escalate(
            `is not valid for another ${formatDuration(observed.certificate.notBefore - now)}`,
            "Check this machine's clock; if it is right, the certificate was issued under a wrong one: issue it again.",
          )
        : null,
  },
  {
    code: 'CA_EXPIRED',
    verdict: ({ observed, nearness, now }) =>
      observed.owner === 'cluster-ca' && nearness === 'expired'
        ? escalate(expires(observed, now), 'Replace this CA by hand: nothing that it signed is accepted any more.')
        : null,
  },
  {
    code: 'CA_ENDING',
    verdict: ({ observed, nearness, now }) =>
      observed.owner === 'cluster-ca' && nearness !== 'valid'
        ? escalate(
            `${expires(observed, now)}: less than ${noticeDays(observed, now)} days are left`,
            'Plan the replacement of this CA: no tool renews it, and all that it signed expires with it.',
          )
        : null,
  },
  ...userChecks,
  {
    code: 'COPY_FOLLOWS',
    // It holds what the node holds: the node's own certificate is reported, and the copy is updated with it.
    verdict: ({ observed, inventory }) =>
      observed.owner === 'copy' && isOfThisNode(observed, inventory) ? { kind: 'keep', until: null } : null,
  },
  {
    code: 'COPY_ENDING',
    verdict: ({ observed, nearness, now }) =>
      observed.owner === 'copy' && nearness !== 'valid'
        ? escalate(
            `${expires(observed, now)} and is not what the node holds now`,
            'Run `certagent sync --dry-run` to see why certagent does not update this copy, or replace its credentials by hand.',
          )
        : null,
  },
  {
    code: 'KUBELET_SERVING_ENDING',
    verdict: ({ observed, nearness, now }) =>
      isSelfMade(observed) && nearness !== 'valid'
        ? escalate(
            `${expires(observed, now)}, and no program renews it: the kubelet signed it itself`,
            `Delete ${pairOf(observed)} and restart the kubelet, which makes a new pair. To have it renewed from then on, set serverTLSBootstrap and approve the kubelet's requests.`,
          )
        : null,
  },
  {
    code: 'KUBELET_CONF_OUTDATED',
    // A kubelet that starts with an expired certificate in its kubelet.conf exits at once, whatever it has rotated.
    verdict: ({ observed, nearness, inventory, now }) => {
      const rotated = nearness === 'valid' ? null : rotatedInstead(observed, inventory, now);
      const conf = rulesOfNode(inventory.node)?.kubelet?.conf(inventory.node);
      if (rotated === null || conf === undefined) return null;
      return escalate(
        `${expires(observed, now)}, and ${conf} does not use what the kubelet has rotated since: ${rotated}`,
        `Point ${conf} at ${rotated}: name that file as client-certificate and as client-key of its user, remove client-certificate-data and client-key-data, and restart the kubelet.`,
      );
    },
  },
  {
    code: 'KUBELET_NOT_ROTATING',
    verdict: ({ observed, nearness, inventory, policy, now }) =>
      observed.owner === 'kubelet' && nearness !== 'valid'
        ? escalate(
            `${expires(observed, now)} and the kubelet has not rotated it`,
            (isKubeletClient(observed) ? rulesOfNode(inventory.node)?.kubelet?.remedy(inventory, policy, now) : null) ??
              "Check rotateCertificates in the kubelet's configuration, the kubelet's log and pending certificate signing requests; an expired one needs a new bootstrap of the node.",
          )
        : null,
  },
  {
    code: 'EXTERNAL_CA',
    verdict: ({ observed, nearness, inventory, now }) =>
      observed.owner === 'external-ca' && nearness !== 'valid' ? needsSignature(observed, inventory, now) : null,
  },
  {
    code: 'OPERATOR_RENEWS',
    verdict: ({ observed, nearness, inventory, now }) =>
      observed.owner === 'operator' && nearness !== 'valid'
        ? escalate(
            expires(observed, now),
            rulesOfNode(inventory.node)?.operatorRemedy?.(observed, inventory) ??
              'Renew it where it comes from: certagent only watches this file.',
          )
        : null,
  },
  {
    code: 'OTHER_TOOL',
    verdict: ({ observed, nearness, inventory, now }) =>
      isToolOwned(observed) && observed.owner !== inventory.node.distribution && nearness !== 'valid'
        ? escalate(
            `${expires(observed, now)} and belongs to ${labelOf(observed.owner)}, which does not run this node`,
            'Remove what an earlier installation left behind, or complete the installation.',
          )
        : null,
  },
  {
    code: 'RENEWED_ELSEWHERE',
    // All later checks concern what this node's own tool renews.
    verdict: ({ observed, inventory, window }) =>
      observed.owner !== inventory.node.distribution ? { kind: 'keep', until: window.opensAt } : null,
  },
];

/** Its request waits for an answer, or is still to be made. */
function needsSignature(observed: ObservedCertificate, { requests = [], signing }: Inventory, now: Instant) {
  if (signing !== undefined)
    return escalate(
      `${expires(observed, now)}; external_ca.command has it signed in the maintenance window`,
      'Nothing, as long as that command succeeds. To do it by hand: certagent csr, certagent install FILES',
    );
  const request = requests.find(({ id }) => id === observed.id);
  if (request === undefined)
    return escalate(
      `${expires(observed, now)} and needs a signed certificate: certagent csr`,
      'The key of its CA is not on this node. Write a request (certagent csr), have the CA sign it, and install the answer (certagent install FILES).',
    );
  return escalate(
    `${expires(observed, now)}; its request waits for an answer since ${day(request.createdAt)}`,
    'Have the CA sign the request (certagent csr shows where it is), and install the answer: certagent install FILES',
  );
}

/** The file that the kubelet rotates, where its certificate for the same user is valid for longer; else null. */
function rotatedInstead({ owner, certificate }: ObservedCertificate, { certificates }: Inventory, now: Instant) {
  const rotated = certificates.find(
    (other) =>
      isRotatedByKubelet(other) &&
      other.place.index === 0 &&
      other.certificate.commonName === certificate.commonName &&
      other.certificate.notAfter > Math.max(certificate.notAfter, now),
  );
  return owner !== 'kubelet' || rotated === undefined ? null : rotated.place.path;
}

function pairOf({ place, key }: ObservedCertificate): string {
  return key.state === 'not-expected' || key.path === place.path ? place.path : `${place.path} and ${key.path}`;
}

function isOfThisNode({ certificate }: ObservedCertificate, inventory: Inventory): boolean {
  return inventory.certificates.some(
    (other) => other.owner !== 'copy' && other.certificate.fingerprint === certificate.fingerprint,
  );
}

function noticeDays({ certificate }: ObservedCertificate, now: Instant): number {
  return Math.min(...CA_NOTICES.filter((notice) => certificate.notAfter - now <= notice)) / DAY;
}
