import type { RehearsalFacts } from '../../domain/model/rehearsal-facts.ts';
import type { Root } from '../../host/root.ts';
import { exists } from '../node-files.ts';
import { bytesIn } from '../observe-rehearsal.ts';
import type { SupervisorSettings } from './supervisor-settings.ts';

/** Where a server keeps the cluster's state, and what a copy of its directory takes. */
export async function rehearsedServer(
  root: Root,
  { dataDir, hasExternalDatastore }: Pick<SupervisorSettings, 'dataDir' | 'hasExternalDatastore'>,
): Promise<Pick<RehearsalFacts, 'datastore' | 'copyBytes'>> {
  const server = `${dataDir}/server`;
  const [hasEtcd, hasSqlite, copyBytes] = await Promise.all([
    exists(root, `${server}/db/etcd/member`),
    exists(root, `${server}/db/state.db`),
    bytesIn(root, [server], NOT_COPIED),
  ]);
  // The directory `etcd` alone is there with sqlite, too (measured on v1.32.3).
  const files = hasEtcd ? 'etcd' : hasSqlite ? 'sqlite' : null;
  return { datastore: hasExternalDatastore ? 'external' : files, copyBytes };
}

/** Snapshots of etcd, and what `certificate rotate` has left. */
const NOT_COPIED = /^(db\/snapshots|tls-\d+)$/;
