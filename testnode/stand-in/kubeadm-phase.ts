// `kubeadm init phase certs apiserver --config FILE`: the API server's pair, with the names of the configuration. Texts and exit codes as
// measured on v1.36. Simplified: without an InitConfiguration the node's name and 127.0.0.1 are taken.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { readNodeRecord, versionNumbers } from '../options.ts';
import { issueCertificate } from '../pki.ts';
import { overwrite } from '../put.ts';
import type { Place } from './kubeadm-files.ts';
import { KubeadmError } from './kubeadm-files.ts';

export type PhaseConfig = {
  kubernetesVersion?: string;
  controlPlaneEndpoint?: string;
  apiServer?: { certSANs?: string[] };
  networking?: { serviceSubnet?: string; dnsDomain?: string };
};
export type InitConfig = { localAPIEndpoint?: { advertiseAddress?: string }; nodeRegistration?: { name?: string } };

export function refuseMixed(flags: Map<string, string>): void {
  if (flags.has('config') && flags.has('cert-dir'))
    throw new KubeadmError("error: can not mix '--config' with arguments [cert-dir]");
}

export async function makeApiserver(place: Place, cluster: PhaseConfig, init: InitConfig): Promise<void> {
  const at = (name: string) => join(place.root, place.certificates, name);
  refuseVersion(place, cluster);
  const sans = namesOf(place, cluster, init);
  if (existsSync(at('apiserver.crt')) && existsSync(at('apiserver.key')))
    return print('Using existing apiserver certificate and key on disk');
  if (!existsSync(at('ca.key'))) {
    const key = `${place.certificates}/apiserver.key`;
    const reason = `couldn't load the private key file ${key}: open ${key}: no such file or directory`;
    throw new KubeadmError(`error: invalid or incomplete external CA: failure loading key for apiserver: ${reason}`);
  }
  print('Generating "apiserver" certificate and key');
  const of = (kind: string) => sans.flatMap((san) => (san.startsWith(kind) ? san.slice(kind.length) : [])).join(' ');
  print(`apiserver serving cert is signed for DNS names [${of('DNS:')}] and IPs [${of('IP:')}]`);
  const ca = { certificatePem: readFileSync(at('ca.crt'), 'utf8'), keyPem: readFileSync(at('ca.key'), 'utf8') };
  const caType = createPrivateKey(ca.keyPem).asymmetricKeyType === 'rsa' ? 'rsa' : 'ec';
  const issued = await issueCertificate({
    ca,
    subject: { commonName: 'kube-apiserver' },
    sans: sans.map((san) => san.replace(/^(DNS|IP):/, '')),
    usages: ['server'],
    notBefore:
      place.minor >= 31 ? Date.now() - 5 * 60_000 : new X509Certificate(ca.certificatePem).validFromDate.getTime(),
    notAfter: Date.now() + place.granted,
    keyType: place.keyType ?? caType,
  });
  overwrite(at('apiserver.key'), issued.keyPem, 0o600);
  overwrite(at('apiserver.crt'), issued.certificatePem, 0o644);
}

function refuseVersion(place: Place, { kubernetesVersion }: PhaseConfig): void {
  if (kubernetesVersion === undefined) return;
  if (versionNumbers(kubernetesVersion)[1] >= place.minor - 1) return;
  throw new KubeadmError(
    `error: this version of kubeadm only supports deploying clusters with the control plane version >= 1.${place.minor - 1}.0. Current version: ${kubernetesVersion}`,
  );
}

/** As GetAPIServerAltNames. */
function namesOf(place: Place, cluster: PhaseConfig, init: InitConfig): string[] {
  const { controlPlaneEndpoint, apiServer, networking } = cluster;
  const domain = networking?.dnsDomain ?? 'cluster.local';
  const subnet = (networking?.serviceSubnet ?? '10.96.0.0/12').split(',')[0]!;
  const hosts = [
    init.nodeRegistration?.name ?? readNodeRecord(place.root).nodeName,
    ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${domain}`],
    firstOf(subnet),
    init.localAPIEndpoint?.advertiseAddress ?? '127.0.0.1',
    ...(controlPlaneEndpoint === undefined ? [] : [controlPlaneEndpoint.replace(/:\d+$/, '')]),
    ...(apiServer?.certSANs ?? []),
  ];
  return [...new Set(hosts.map((host) => sanOf(host.toLowerCase())))];
}

function sanOf(host: string): string {
  if (isIP(host) !== 0) return `IP:${host}`;
  if (/^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)) return `DNS:${host}`;
  const why = 'altname is not a valid IP address, DNS label or a DNS label with subdomain wildcards';
  throw new KubeadmError(`error: apiServer.certSANs: Invalid value: "${host}": ${why}`);
}

/** Simplified: of a range that is written with its first address. */
function firstOf(subnet: string): string {
  const [base = ''] = subnet.split('/');
  return isIP(base) === 6 ? `${base}1` : base.replace(/\d+$/, (last) => String(Number(last) + 1));
}

function print(line: string): void {
  process.stdout.write(`[certs] ${line}\n`);
}
