import type { LoadedAtStart } from '../../domain/model/inventory.ts';
import { parsedJson } from '../../host/json.ts';
import type { Root } from '../../host/root.ts';
import { exists, record, text } from '../node-files.ts';
import type { SupervisorSettings } from './supervisor-settings.ts';

/**
 * What a running K3s uses a certificate for that it reads at its start alone, as the files say that its last start has written; null:
 * they do not say. The API server's TLS to its proxy is set up once (apiserver/pkg/server/egressselector), and so is that of the
 * embedded registry (k3s pkg/spegel).
 */
export async function loadedAtStart(
  root: Root,
  { dataDir }: Pick<SupervisorSettings, 'dataDir'>,
  isServer: boolean,
): Promise<LoadedAtStart[] | null> {
  const egress = isServer ? await egressOf(root, dataDir) : [];
  if (egress === null) return null;
  return (await exists(root, `${dataDir}/agent/containerd/peer.key`)) ? [...egress, 'registry'] : egress;
}

/** Agents have no API server. */
async function egressOf(root: Root, dataDir: string): Promise<LoadedAtStart[] | null> {
  const file = await text(root, `${dataDir}/server/etc/egress-selector-config.yaml`);
  const protocols = file === null ? [] : protocolsIn(parsedJson(file));
  if (protocols.length === 0) return null;
  return protocols.every((protocol) => protocol === 'Direct') ? [] : ['egress'];
}

/** Of each way out of the API server. K3s writes the YAML as JSON. */
function protocolsIn(config: unknown): unknown[] {
  const selections = record(config)?.egressSelections;
  if (!Array.isArray(selections)) return [];
  return selections.map((selection) => record(record(selection)?.connection)?.proxyProtocol);
}
