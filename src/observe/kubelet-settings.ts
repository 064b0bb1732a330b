import type { HealthCheck } from '../domain/model/health-check.ts';
import type { KubeletClient } from '../domain/model/inventory.ts';
import type { Root } from '../host/root.ts';
import { type UnitFile, type UnitList, unitsThatRun } from '../host/unit-files.ts';
import { localAddress } from './local-address.ts';
import { absolute, exists, names, record, settings } from './node-files.ts';
import { portOf } from './port.ts';
import { flagsOf } from './static-pod-manifest.ts';

/** The program, and the usual name of its unit. */
export const KUBELET = 'kubelet';

export type KubeletSettings = {
  configFile: string;
  manifestsDir: string;
  /** Where it keeps its pods; their UIDs are names below it. */
  rootDir: string;
  /** Where it keeps the logs of its pods, in directories named after their UIDs. */
  podLogsDir: string;
  /** How to ask for its health; null where that is switched off. */
  health: HealthCheck | null;
  /** Where it keeps its own certificates. */
  certificatesDir: string;
  /** Kubeconfigs of its command line: the one it uses, and the one to bootstrap with. */
  kubeconfig: string | null;
  bootstrapKubeconfig: string | null;
  /** Whether it asks for a new client certificate before the previous one expires; it does not by default. */
  rotates: boolean;
  /** The CA of its clients. */
  clientCa: string | null;
  /** Where it serves its API. */
  address: string | null;
  port: number;
  /** A serving certificate and key that an operator gave it. */
  servingCertificate: string | null;
  servingKey: string | null;
};

/** The unit that runs the kubelet. */
export async function kubeletUnit(root: Root, units: UnitList): Promise<UnitFile | null> {
  const running = await unitsThatRun(root, units, KUBELET);
  return running.find(({ name }) => name === KUBELET) ?? running[0] ?? null;
}

/**
 * How the kubelet that this command line starts is configured: the file of `--config`, then the files of `--config-dir` in
 * alphabetical order (later ones override), then its flags, which win over both.
 */
export async function readKubeletSettings(root: Root, argv: string[]): Promise<KubeletSettings> {
  const flags = flagsOf(argv);
  const flag = (name: string) => absolute(flags.get(name));
  const configFile = flag('config') ?? '/var/lib/kubelet/config.yaml';
  const config: Record<string, unknown> = { ...(await settings(root, configFile)) };
  const dropIns = flag('config-dir');
  // The kubelet takes `*.conf` only.
  const found = dropIns === null ? [] : (await names(root, dropIns)).filter((name) => name.endsWith('.conf'));
  for (const name of found) Object.assign(config, await settings(root, `${dropIns}/${name}`));
  return {
    configFile,
    manifestsDir: flag('pod-manifest-path') ?? absolute(config.staticPodPath) ?? '/etc/kubernetes/manifests',
    rootDir: flag('root-dir') ?? '/var/lib/kubelet',
    podLogsDir: absolute(config.podLogsDir) ?? '/var/log/pods',
    health: healthOf(
      flags.get('healthz-bind-address') ?? config.healthzBindAddress,
      flags.get('healthz-port') ?? config.healthzPort,
    ),
    certificatesDir: flag('cert-dir') ?? '/var/lib/kubelet/pki',
    kubeconfig: flag('kubeconfig'),
    bootstrapKubeconfig: flag('bootstrap-kubeconfig'),
    rotates: flags.get('rotate-certificates') === 'true' || config.rotateCertificates === true,
    clientCa: flag('client-ca-file') ?? absolute(record(record(config.authentication)?.x509)?.clientCAFile),
    address: flags.get('address') ?? (typeof config.address === 'string' ? config.address : null),
    port: portOf(flags.get('port') ?? config.port) ?? 10_250,
    servingCertificate: flag('tls-cert-file') ?? absolute(config.tlsCertFile),
    servingKey: flag('tls-private-key-file') ?? absolute(config.tlsPrivateKeyFile),
  };
}

export async function kubeletClient(root: Root, settings: KubeletSettings): Promise<KubeletClient> {
  const { kubeconfig, certificatesDir, bootstrapKubeconfig } = settings;
  const bootstrap = bootstrapKubeconfig ?? '/etc/kubernetes/bootstrap-kubelet.conf';
  return {
    kubeconfig,
    bootstrap: (await exists(root, bootstrap)) ? bootstrap : null,
    rotated: `${certificatesDir}/kubelet-client-current.pem`,
    ...(settings.rotates ? {} : { rotationOffIn: settings.configFile }),
  };
}

function healthOf(address: unknown, port: unknown): HealthCheck | null {
  const number = portOf(port ?? 10_248);
  if (number === null) return null;
  const host = localAddress(typeof address === 'string' ? address : '127.0.0.1');
  return { scheme: 'http', host, port: number, path: '/healthz' };
}
