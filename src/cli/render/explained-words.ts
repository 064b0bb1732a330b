import { isSelfMade } from '../../domain/decide/ownership.ts';
import { rulesOfNode } from '../../domain/distributions/index.ts';
import { labelOf } from '../../domain/distributions/names.ts';
import type { CertificateExplanation } from '../../domain/model/explanation.ts';
import type { Times } from './time.ts';

/** Who renews it, in a few words. */
export function ownerWords(seen: CertificateExplanation): string {
  const { certificate: observed, node, restart, timing } = seen;
  const { owner } = observed;
  switch (owner) {
    case 'kubelet':
      if (isSelfMade(observed)) return 'no program: the kubelet signed it itself';
      return seen.signedElsewhere === true
        ? 'nobody, unless another program signs what the kubelet requests: the key of its CA is not on this node'
        : 'the kubelet, which rotates it';
    case 'external-ca':
      return 'the owner of its CA, whose key is not on this node';
    case 'operator':
      return 'you: certagent only watches it';
    case 'cluster-ca':
      return 'you: it is a CA, and no tool renews one';
    case 'copy':
      return isOfUser(seen)
        ? 'certagent, which requests a new one from the cluster'
        : "certagent, which copies the node's own kubeconfig";
    default:
      if (timing.moment === null)
        return owner === node.distribution
          ? 'nobody: it is stored with another certificate'
          : `${labelOf(owner)}, which does not run this node`;
      if (seen.inPlace?.restart === null)
        return seen.inPlace.byNode === true
          ? `${restart.unit ?? labelOf(owner)} itself, while it runs`
          : 'certagent, in place';
      return rulesOfNode(node)?.renewsSingly === true
        ? `certagent, with ${labelOf(owner)}`
        : `certagent, by a restart of ${restart.unit ?? labelOf(owner)}`;
  }
}

/** A user's own, of users.certificates. */
const isOfUser = ({ rules }: CertificateExplanation): boolean =>
  rules.some(({ code, decides }) => decides && code.startsWith('USER_'));

/** What was decided, and why. */
export function decisionWords(
  { certificate, decision, renewal, mode, at, timing }: CertificateExplanation,
  times: Times,
): string {
  const { verdict } = decision;
  switch (verdict.kind) {
    case 'escalate':
      return `needs you: it ${verdict.why} (${verdict.code})`;
    case 'renew':
      if (renewal.kind === 'blocked') return `due (${verdict.why}), and blocked`;
      if (renewal.kind === 'observing' || mode === 'observe') return `due (${verdict.why}), and only observed`;
      return `renewed at the next check: ${verdict.why} (${verdict.code})`;
    case 'defer': {
      if (renewal.kind === 'blocked') return `due later (${verdict.why}), and blocked`;
      if (renewal.kind === 'observing' && renewal.blockers.length > 0)
        return `only observed, and in mode "renew" it would be blocked: ${verdict.why}`;
      const when = verdict.until === null ? 'later' : times.moment(verdict.until);
      const isObserved = renewal.kind === 'observing' || mode === 'observe';
      const renewed = isObserved ? `only observed; in mode "renew" it would be renewed` : 'renewed';
      return `${renewed} ${when}: ${verdict.why} (${verdict.code})`;
    }
    default:
      if (timing.moment === null || verdict.until === null) return 'nothing to do';
      return at > certificate.certificate.notAfter
        ? 'expired'
        : `nothing to do before its renewal window opens on ${times.date(verdict.until)}`;
  }
}
