import type { Endpoint } from '../../domain/model/inventory.ts';
import { currentEntries, parseKubeconfig } from '../../host/kubeconfig.ts';
import type { Root } from '../../host/root.ts';
import { localAddress } from '../local-address.ts';
import { text } from '../node-files.ts';
import { portOf } from '../port.ts';
import type { SupervisorSettings } from './supervisor-settings.ts';

/**
 * What a K3s serves behind its listener and beside it: its API server, at the address that its own parts use, and its kubelet. Nobody
 * asks them at each check: what the listener and the kubelet show says enough while nothing is renewed.
 */
export async function alsoServes(
  root: Root,
  { dataDir, kubeletArguments, supervisorPort, disabled }: SupervisorSettings,
): Promise<Endpoint[]> {
  const hasOwnApi = supervisorPort === null && !disabled.includes('apiserver');
  const api = hasOwnApi ? await innerApi(root, `${dataDir}/server/cred/admin.kubeconfig`) : null;
  const given = (argument: string) =>
    kubeletArguments.findLast((one) => one.startsWith(`${argument}=`))?.slice(argument.length + 1);
  const port = portOf(given('port') ?? KUBELET_PORT);
  const kubelet = port === null ? [] : [{ host: localAddress(given('address') ?? null), port }];
  return [
    ...(api === null ? [] : [{ name: 'kube-apiserver' as const, ...api, expects: 'serving-kube-apiserver' }]),
    ...kubelet.map((at) => ({ name: 'kubelet' as const, ...at, expects: 'agent/serving-kubelet' })),
  ];
}

const KUBELET_PORT = 10_250;

async function innerApi(root: Root, path: string): Promise<{ host: string; port: number } | null> {
  try {
    const { cluster } = currentEntries(parseKubeconfig((await text(root, path)) ?? '')) ?? {};
    const { hostname, port } = new URL(cluster?.server ?? '');
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 443 };
  } catch {
    return null;
  }
}
