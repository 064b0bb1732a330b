import { DAY } from '../../time/duration.ts';
import { type Found, type Judged, judged, leavesOf, type Member, type NodeState } from '../input.ts';
import { type Severity, worstOf } from '../severity.ts';
import { counted, date, expiry, list, names } from '../words.ts';

/** Days before a CA's expiry at which it is reported, with the severity from then on. */
const STAGES: [days: number, severity: Severity][] = [
  [365, 'info'],
  [180, 'warning'],
  [90, 'warning'],
  [30, 'critical'],
];

export function casExpiring(state: NodeState): Found[] {
  const { now } = state;
  const passed = (notAfter: number) => STAGES.filter(([days]) => notAfter - now <= days * DAY);
  const expiring = clusterCas(state).filter(({ decision }) => passed(decision.notAfter).length > 0);
  const severity = worstOf(...expiring.flatMap(({ decision }) => passed(decision.notAfter).map(([, each]) => each)));
  return [
    {
      severity,
      once: severity !== 'critical',
      members: expiring.flatMap(({ decision: { id, notAfter } }): Member[] => [
        [id, expiry(notAfter, now)],
        // A stage that is passed is a further member, and with it the alert is sent again.
        ...passed(notAfter)
          .slice(1)
          .map(([days]): Member => [`${id}: ${days} d before expiry`, date(notAfter - days * DAY)]),
      ]),
      text: `${counted(expiring.length, 'CA', 'expires', 'expire')} within a year or ${expiring.length === 1 ? 'has' : 'have'} expired: ${names(expiring)}.`,
    },
  ];
}

/**
 * CAs of the cluster, and no others: the kubelet's throw-away CA in kubelet.crt signs nothing more, and CAs of other
 * clusters in a user's kubeconfig do not concern this node. The same CA is in its own file and behind each leaf of K3s: it
 * is named once, by its file.
 */
function clusterCas(state: NodeState): Judged[] {
  const byFingerprint = new Map<string, Judged>();
  for (const each of judged(state)) {
    if (each.observed.owner !== 'cluster-ca') continue;
    const { fingerprint } = each.observed.certificate;
    const known = byFingerprint.get(fingerprint);
    if (known === undefined || isBehind(known)) byFingerprint.set(fingerprint, each);
  }
  return [...byFingerprint.values()];
}

const isBehind = ({ observed: { place } }: Judged): boolean => place.index > 0 || place.kind === 'kubeconfig';

export function leavesOutlivingCa(state: NodeState): Found[] {
  const longer = leavesOf(state).flatMap(({ observed: { owner, id, certificate, issuance } }): Member[] =>
    owner !== 'copy' && issuance.caNotAfter !== null && certificate.notAfter > issuance.caNotAfter
      ? [[id, `expires ${date(certificate.notAfter)}, its CA ${date(issuance.caNotAfter)}`]]
      : [],
  );
  return [
    {
      once: true,
      members: longer,
      text: `${counted(longer.length, 'certificate', 'outlives its', 'outlive their')} CA and will be refused as soon as the CA has expired: ${list(longer.map(([id]) => id))}.`,
    },
  ];
}
