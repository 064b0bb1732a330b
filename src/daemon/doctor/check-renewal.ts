import { SECOND } from '../../domain/time/duration.ts';
import { type Check, fails, ok, warning } from './doctor-check.ts';
import { isOfTopic } from './topics.ts';

/** What would forbid a renewal now, by the rules that decide; what has a check of its own is reported there. */
export const renewal: Check = {
  title: 'what would prevent a renewal',
  limit: 10 * SECOND,
  async run({ blockers, view, config }) {
    const { inventory, policy, decisions } = view;
    const chosen = [
      ...(config.mode === 'observe'
        ? [warning('mode = "observe": certagent renews nothing on this node', 'Let it renew: certagent enable')]
        : []),
      ...(policy.pause == null
        ? []
        : [warning(`renewals are paused: ${policy.pause.reason}`, 'To end the pause: certagent resume')]),
    ];
    const found = blockers.filter((blocker) => !isOfTopic(blocker)).map(({ why, remedy }) => fails(why, remedy));
    const needy = decisions.certificates.flatMap(({ id, verdict }) =>
      verdict.kind === 'escalate' ? [warning(`${id} ${verdict.why}`, verdict.remedy)] : [],
    );
    const own = inventory.certificates.filter(({ owner }) => owner === inventory.node.distribution);
    const rest = blockers.length === 0 ? 'nothing prevents it' : 'nothing else prevents it';
    const good = ok(own.length === 0 ? 'certagent renews no certificate of this node' : rest);
    return [...(found.length === 0 ? [good] : found), ...chosen, ...needy];
  },
};
