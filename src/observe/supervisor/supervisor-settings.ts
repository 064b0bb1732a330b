import type { Distribution } from '../../domain/distributions/names.ts';
import type { SupervisorApiServer } from '../../domain/model/api-server-facts.ts';
import type { Root } from '../../host/root.ts';
import type { UnitFile } from '../../host/unit-files.ts';
import { absolute } from '../node-files.ts';
import { portOf } from '../port.ts';
import { readSupervisorConfig, type SupervisorConfig } from './supervisor-config.ts';
import { namesInSettings } from './supervisor-names.ts';

export type SupervisorSettings = {
  dataDir: string;
  /** Of the Kubernetes API. */
  port: number;
  /** Of a listener of its own, which serves `dynamic-cert.json`; null where the API's port serves that. */
  supervisorPort: number | null;
  kubeconfig: string;
  bindAddress: string | null;
  /** The server that it joins, as "https://host:port"; null where it names none. */
  server: string | null;
  /** Arguments that the operator passes on to a component, as "name=value". */
  componentArguments: Record<ServingComponent, string[]>;
  /** The same for the kubelet. */
  kubeletArguments: string[];
  /** Names and addresses by which clients reach it. */
  named: SupervisorApiServer['named'];
  /** Parts of a server that this one does not run: other servers do. */
  disabled: ServerPart[];
  /** Whether it keeps the cluster's state in a database elsewhere. */
  hasExternalDatastore: boolean;
  /** Configuration files that could not be read: what they set is not known. */
  unread: SupervisorConfig['unread'];
};

/** Components inside the process that serve TLS on ports of their own. */
export type ServingComponent = 'kube-controller-manager' | 'kube-scheduler';

/** What a server can leave to others (`disable-…`): an etcd-only server runs the second alone. */
export const SERVER_PARTS = ['apiserver', 'etcd', 'controller-manager', 'scheduler'] as const;
export type ServerPart = (typeof SERVER_PARTS)[number];

/** K3s, or RKE2 which embeds it. `supervisorPort` is the default; null: it has no port of its own. */
export type Flavour = { name: Distribution; supervisorPort: number | null };

/** How the unit runs K3s or RKE2. */
export async function readSupervisorSettings(
  root: Root,
  { name, supervisorPort }: Flavour,
  unit: Pick<UnitFile, 'argv' | 'environment'>,
): Promise<SupervisorSettings> {
  const { options, unread } = await readSupervisorConfig(root, name, unit);
  const near = `/etc/rancher/${name}`;
  const last = (option: string): unknown => [options.get(option)].flat().at(-1);
  const port = portOf(last('https-listen-port')) ?? 6443;
  const supervisor = portOf(last('supervisor-port')) ?? supervisorPort;
  const bindAddress = last('bind-address');
  return {
    dataDir: absolute(last('data-dir')) ?? `/var/lib/rancher/${name}`,
    port,
    supervisorPort: supervisor === port ? null : supervisor,
    kubeconfig: absolute(last('write-kubeconfig')) ?? `${near}/${name}.yaml`,
    bindAddress: typeof bindAddress === 'string' ? bindAddress : null,
    server: typeof last('server') === 'string' ? String(last('server')) : null,
    componentArguments: {
      'kube-controller-manager': strings(options.get('kube-controller-manager-arg')),
      'kube-scheduler': strings(options.get('kube-scheduler-arg')),
    },
    kubeletArguments: strings(options.get('kubelet-arg')),
    named: namesInSettings(options),
    disabled: SERVER_PARTS.filter((part) => isTrue(last(`disable-${part}`))),
    hasExternalDatastore: /^(?!sqlite:)./.test(String(last('datastore-endpoint') ?? '')),
    unread,
  };
}

/** As Go's strconv.ParseBool reads it. */
const isTrue = (value: unknown): boolean => /^(1|t|T|true|True|TRUE)$/.test(String(value));

const strings = (value: unknown): string[] => [value].flat().filter((one): one is string => typeof one === 'string');
