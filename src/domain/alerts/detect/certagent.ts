import { isLeaf } from '../../decide/ownership.ts';
import { allLabels } from '../../distributions/names.ts';
import { type Found, judged, type NodeState } from '../input.ts';
import { counted, expiry, list, sentences } from '../words.ts';

export function configRefused({ configError }: NodeState): Found[] {
  return [
    {
      members: configError === null ? [] : [['reason', configError]],
      text: 'The configuration was refused at the last reload; the previous one stays in use.',
    },
  ];
}

export function modeMissing({ modeMissing }: NodeState): Found[] {
  return [
    {
      members: modeMissing ? [['mode', 'not set; certagent observes']] : [],
      text: 'The configuration does not set "mode" any more; certagent goes on observing, as before, and does not renew.',
    },
  ];
}

export function hooksRefused({ inventory }: NodeState): Found[] {
  const refused = inventory.hooks?.refused ?? [];
  return [
    {
      members: refused.map(({ path, why }) => [path, why]),
      text: `${counted(refused.length, 'hook', 'is', 'are')} not run: ${list(refused.map(({ path }) => path))}.`,
    },
  ];
}

export function sinksFailing({ failingSinks }: NodeState): Found[] {
  return [
    {
      members: failingSinks.map((name) => [name, 'does not accept alerts']),
      text: `${counted(failingSinks.length, 'alert sink', 'does', 'do')} not accept alerts: ${list(failingSinks)}.`,
    },
  ];
}

/** A renewal goes on without it, by the time of day: that is slower, and less sure. */
export function coordinationDegraded({ coordination }: NodeState): Found[] {
  if (coordination === null || coordination === undefined) return [];
  const { why, remedy } = coordination;
  return [{ members: [['reason', why]], text: sentences([why]), remedy }];
}

/** A disk that is not mounted does not make a node healthy. */
export function nodeUnknown({ inventory, lost }: NodeState): Found[] {
  const { node, certificates } = inventory;
  if (node.distribution !== null || certificates.length > 0) return [];
  return [
    {
      severity: lost ? 'critical' : 'warning',
      members: [['missing', list(node.missing)]],
      text: lost
        ? 'The Kubernetes node that was found here before is missing: nothing is watched.'
        : `Neither ${allLabels('nor')} was found on this machine: nothing is watched.`,
    },
  ];
}

/** Where nothing ever synchronises the clock, only this alert can report an expiry: it has to be loud enough. */
export function clockDoubtful(state: NodeState): Found[] {
  const { clock } = state.inventory;
  if (clock.doubt === null) return [];
  const [first] = judged(state)
    .filter(({ observed, decision: { nearness } }) => {
      return observed.owner !== 'copy' && isLeaf(observed) && (nearness === 'urgent' || nearness === 'expired');
    })
    .map(({ decision }) => decision)
    .sort((a, b) => a.notAfter - b.notAfter);
  const begin = `This node's clock is doubtful: ${clock.doubt}. Until it is correct, certagent does not renew, and reports no`;
  if (first === undefined)
    return [{ severity: 'warning', members: [['clock', clock.detail]], text: `${begin} expiry.` }];
  const isOver = first.nearness === 'expired';
  const when = expiry(first.notAfter, state.now);
  return [
    {
      severity: 'critical',
      members: [
        ['clock', clock.detail],
        // Once it has expired this is another member, and with it the alert is sent again.
        [isOver ? 'expired first' : 'expires first', `${first.id}: ${when}`],
      ],
      text: `${begin} other expiry. By this clock, which may be wrong, ${first.id} ${isOver ? 'has expired' : 'expires soon'} (${when}).`,
    },
  ];
}
