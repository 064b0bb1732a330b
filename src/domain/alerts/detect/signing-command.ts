import { externalLeaves } from '../../external/choose-requests.ts';
import { type Found, judged, type NodeState } from '../input.ts';
import { count, date } from '../words.ts';

/** The command that has requests signed has failed, and is tried again. */
export function failing(state: NodeState): Found[] {
  const { signing } = state.inventory;
  if (signing === undefined || signing.failures === 0) return [];
  const ids = externalLeaves(state.inventory).map(({ id }) => id);
  const isPressing = judged(state).some(
    ({ decision: { id, nearness } }) => ids.includes(id) && (nearness === 'urgent' || nearness === 'expired'),
  );
  return [
    {
      severity: isPressing ? 'critical' : 'warning',
      members: [['reason', `${signing.error ?? 'unknown'} (${date(signing.at ?? state.now)})`]],
      text: `The command of external_ca has failed ${count(signing.failures, 'time')}, and no certificate was signed: ${(signing.error ?? 'unknown').replace(/\.+$/, '')}.`,
    },
  ];
}
