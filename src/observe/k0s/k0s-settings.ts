import type { Root } from '../../host/root.ts';
import { absolute, record, settings } from '../node-files.ts';
import { portOf } from '../port.ts';
import { flagsOf } from '../static-pod-manifest.ts';

export type K0sSettings = {
  dataDir: string;
  /** Of the Kubernetes API. */
  port: number;
  bindAddress: string | null;
  /** Of the API by which other controllers join; null where it is switched off. */
  joinPort: number | null;
  /** Where etcd listens, as the operator says; null: as k0s does. */
  clientUrls: string | null;
  peerUrls: string | null;
  /** Files of an etcd on other machines. */
  externalEtcd: { ca: string | null; certificate: string | null; key: string | null };
};

/** How the unit runs k0s: its flags, then the file of `--config` (k0s pkg/config/cfgvars.go, pkg/apis/k0s/v1beta1). */
export async function readK0sSettings(root: Root, argv: string[]): Promise<K0sSettings> {
  const flags = flagsOf(argv.flatMap(longFlag));
  const config = await settings(root, absolute(flags.get('config')) ?? '/etc/k0s/k0s.yaml');
  const spec = record(config?.spec);
  const api = record(spec?.api);
  const etcd = record(record(spec?.storage)?.etcd);
  const extra = record(etcd?.extraArgs);
  const external = record(etcd?.externalCluster);
  // A single node and one without that component have nothing to join (k0s cmd/controller/controller.go).
  const isAlone = flags.get('single') === 'true' || (flags.get('disable-components') ?? '').includes('control-api');
  return {
    dataDir: absolute(flags.get('data-dir')) ?? '/var/lib/k0s',
    port: portOf(api?.port) ?? 6443,
    bindAddress: api?.onlyBindToAddress === true ? text(api.address) : null,
    joinPort: isAlone ? null : (portOf(api?.k0sApiPort) ?? 9443),
    clientUrls: text(extra?.['listen-client-urls']),
    peerUrls: text(extra?.['listen-peer-urls']),
    externalEtcd: {
      ca: absolute(external?.caFile),
      certificate: absolute(external?.clientCertFile),
      key: absolute(external?.clientKeyFile),
    },
  };
}

const longFlag = (word: string): string[] => [word.replace(/^-c(?==|$)/, '--config')];

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
