import { formatDuration } from '../../src/domain/time/duration.ts';
import type { Figures } from './simulate.ts';

/** What the issue of this simulation promises, and what was found otherwise. */
export function brokenPromises({ twoAtOnce, agentsWithoutServer, late, peakPerSecond }: Figures): string[] {
  return [
    ...(twoAtOnce > 0 ? [`two control planes of one cluster were away at once, ${twoAtOnce} times`] : []),
    ...(agentsWithoutServer > 0 ? [`${agentsWithoutServer} agents restarted while no server answered`] : []),
    ...(late > 0 ? [`${late} nodes were renewed after expiry`] : []),
    ...(peakPerSecond >= 20 ? [`${peakPerSecond} webhook calls in one second`] : []),
  ];
}

export function tableOf(figures: Figures): string {
  const { renewed } = figures;
  const rows: [string, string | number][] = [
    ['nodes', figures.nodes],
    ['checks that could find something new', figures.checks],
    ['servers renewed in the maintenance window', renewed.window],
    ['servers renewed outside it, because urgent', renewed.urgent],
    ['agents renewed', renewed.agents],
    ['renewals that failed and were rolled back', figures.failed],
    ['renewals during which certagent was killed', figures.killed],
    ['turns by the Lease', figures.byLease],
    ['turns by the time of day', figures.bySlot],
    ['longest wait for a turn', formatDuration(figures.longestWait)],
    ['two control planes of one cluster at once', figures.twoAtOnce],
    ['agents restarted while no server answered', figures.agentsWithoutServer],
    ['renewed after expiry', figures.late],
    ['webhook calls', figures.webhooks],
    ['webhook calls in the busiest second', figures.peakPerSecond],
  ];
  const wide = Math.max(...rows.map(([name]) => name.length));
  return rows
    .map(
      ([name, value]) =>
        `${name.padEnd(wide)}  ${(typeof value === 'number' ? value.toLocaleString('en-US') : value).padStart(12)}`,
    )
    .join('\n');
}
