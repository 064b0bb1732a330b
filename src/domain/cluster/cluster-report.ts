import type { Instant } from '../model/certificate.ts';
import { DAY } from '../time/duration.ts';
import { lineIn, type NodeLine, STATES } from './node-line.ts';

export const CLUSTER_SCHEMA = 'certagent.cluster/v1';

/** A node that has not been checked for so long is silent. */
const SILENT_AFTER = DAY;

/** `line` null: certagent has never written anything there. */
export type ClusterNode = { name: string; isServer: boolean; line: NodeLine | null; isSilent: boolean };

/** What `certagent status --cluster` shows, worst first. `holder`: who renews now; null: nobody. */
export type ClusterReport = { schema: typeof CLUSTER_SCHEMA; at: Instant; holder: string | null; nodes: ClusterNode[] };

export type ListedNode = { name: string; isServer: boolean; annotations: Record<string, unknown> };

export function clusterReport(listed: ListedNode[], holder: string | null, now: Instant): ClusterReport {
  const nodes = listed.map(({ name, isServer, annotations }): ClusterNode => {
    const line = lineIn(annotations);
    return { name, isServer, line, isSilent: line === null || now - line.seen > SILENT_AFTER };
  });
  return { schema: CLUSTER_SCHEMA, at: now, holder, nodes: nodes.sort(worstFirst) };
}

function worstFirst(a: ClusterNode, b: ClusterNode): number {
  return (
    rank(a) - rank(b) ||
    (a.line?.firstExpiry ?? Number.POSITIVE_INFINITY) - (b.line?.firstExpiry ?? Number.POSITIVE_INFINITY) ||
    (a.name < b.name ? -1 : 1)
  );
}

/** Silent nodes come after those that are known to be in a bad way. */
function rank({ line, isSilent }: ClusterNode): number {
  const ofState = line === null ? STATES.length : STATES.indexOf(line.state);
  const bad = STATES.indexOf('critical');
  return isSilent && ofState > bad ? bad + 0.5 : ofState;
}
