// Stand-in for kubeadm: `version`, `certs check-expiration`, `certs renew NAME|all`, `init phase certs apiserver` and
// `kubeconfig user`, with the texts and exit codes of
// v1.22 (and, where newer ones differ and it is known, of the node's version). It really signs with the CA on disk.
// Simplified: no help texts; a kubeconfig's user is the first; paths may be given with or without the root.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml } from '../../src/host/yaml.ts';
import { belongsToLocalEtcd, kubeadmCertificates } from '../kubeadm-certificates.ts';
import { readFaults, readNodeRecord, versionNumbers } from '../options.ts';
import type { KeyType } from '../pki.ts';
import { answers } from './ask.ts';
import { checkExpiration } from './kubeadm-check.ts';
import type { Place } from './kubeadm-files.ts';
import { KubeadmError } from './kubeadm-files.ts';
import { type InitConfig, makeApiserver, type PhaseConfig, refuseMixed } from './kubeadm-phase.ts';
import { renewOne } from './kubeadm-renew.ts';
import { printUser, requireConfig } from './kubeadm-user.ts';
import { hang } from './process.ts';

const DAY = 86_400_000;

export async function kubeadm(root: string, words: string[]): Promise<void> {
  try {
    const { operands, flags } = parse(words);
    if (operands[0] === 'version') return tellVersion(root, flags);
    if (operands[0] === 'kubeconfig' && operands[1] === 'user') return await user(root, flags);
    if (operands.join(' ') === 'init phase certs apiserver') return await phase(root, flags);
    if (operands[0] !== 'certs') throw new KubeadmError(`unknown command "${operands[0] ?? ''}" for "kubeadm"`);
    if (operands[1] === 'check-expiration') return await check(root, flags);
    if (operands[1] === 'renew') return await renew(root, operands[2], flags);
    throw new KubeadmError(`invalid subcommand: "${operands[1] ?? ''}"`);
  } catch (error) {
    if (!(error instanceof KubeadmError)) throw error;
    process.stderr.write(`${error.message}\nTo see the stack trace of this error execute with --v=5 or higher\n`);
    process.exitCode = 1;
  }
}

async function renew(root: string, name: string | undefined, flags: Map<string, string>): Promise<void> {
  const faults = readFaults(root);
  const known = kubeadmCertificates(versionNumbers(readNodeRecord(root).version)[1]);
  if (name === undefined) {
    throw new KubeadmError('missing subcommand; "renew" is not meant to be run on its own');
  }
  if (name !== 'all' && !known.some((certificate) => certificate.name === name)) {
    throw new KubeadmError(`invalid subcommand: "${name}"`);
  }
  if (faults.kubeadm === 'hang') await hang(root, 'kubeadm');
  if (faults.kubeadm === 'exit1') throw new KubeadmError('unexpected error: the connection was closed');
  const place = await placeOf(root, flags, 'renew');
  const here = known.filter((certificate) => place.localEtcd || !belongsToLocalEtcd(certificate));
  const chosen = here.filter((certificate) => name === 'all' || certificate.name === name);
  if (chosen.length === 0) throw new KubeadmError(`${name} is not a valid certificate for this cluster`);
  for (const certificate of chosen) await renewOne(place, certificate, faults);
  if (name !== 'all') return;
  process.stdout.write(
    '\nDone renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and ' +
      'etcd, so that they can use the new certificates.\n',
  );
}

async function user(root: string, flags: Map<string, string>): Promise<void> {
  requireConfig(root, flags);
  await printUser(await placeOf(root, flags, 'kubeconfig', true), flags);
}

async function phase(root: string, flags: Map<string, string>): Promise<void> {
  const faults = readFaults(root);
  refuseMixed(flags);
  if (faults.kubeadm === 'hang') await hang(root, 'kubeadm');
  if (faults.kubeadm === 'exit1') throw new KubeadmError('unexpected error: the connection was closed');
  const documents = flags.has('config') ? readDocuments(fileAt(root, flags.get('config')!)) : [];
  const of = (kind: string) => documents.find((document) => document.kind === kind) ?? {};
  await makeApiserver(await placeOf(root, flags, 'init', true), of('ClusterConfiguration'), of('InitConfiguration'));
}

async function check(root: string, flags: Map<string, string>): Promise<void> {
  const minor = versionNumbers(readNodeRecord(root).version)[1];
  const output = flags.get('output') ?? 'text';
  if (flags.has('output') && minor < 30) throw new KubeadmError("unknown shorthand flag: 'o' in -o");
  const place = await placeOf(root, flags, 'check-expiration', output === 'json');
  const known = kubeadmCertificates(minor).filter((one) => place.localEtcd || !belongsToLocalEtcd(one));
  checkExpiration(place, known, { json: output === 'json' });
}

type ClusterConfiguration = {
  kind?: string;
  certificatesDir?: string;
  certificateValidityPeriod?: string;
  encryptionAlgorithm?: string;
  etcd?: { external?: unknown };
};

/**
 * Where this run reads and writes: `--config` where given, else the cluster's configuration, else kubeadm's defaults,
 * which it falls back to with a line of text and exit code 0.
 */
async function placeOf(root: string, flags: Map<string, string>, command: string, quiet = false): Promise<Place> {
  const node = readNodeRecord(root);
  const at = (path: string) => fileAt(root, path);
  const kubeconfigDirectory = flags.get('kubeconfig-dir') ?? '/etc/kubernetes';
  let config: ClusterConfiguration = {};
  let localEtcd = node.kind !== 'kubeadm-external-etcd';
  if (flags.has('config')) {
    config = readConfig(at(flags.get('config')!));
    localEtcd = config.etcd?.external === undefined;
  } else {
    const reached = await askCluster(at(flags.get('kubeconfig') ?? '/etc/kubernetes/admin.conf'), (line) => {
      if (!quiet) process.stdout.write(`[${command}] ${line}\n`);
    });
    // The default configuration has a local etcd, RSA keys and a year.
    if (reached === 'unreachable') {
      localEtcd = true;
      config = { encryptionAlgorithm: 'RSA-2048', certificateValidityPeriod: '8760h0m0s' };
    }
    if (reached !== 'no-kubeconfig' && !quiet) process.stdout.write('\n');
  }
  const own = (path: string) => (path.startsWith(`${root}/`) ? path.slice(root.length) : path);
  return {
    root,
    certificates: own(flags.get('cert-dir') ?? config.certificatesDir ?? '/etc/kubernetes/pki'),
    kubeconfigs: own(kubeconfigDirectory),
    localEtcd,
    granted: period(config.certificateValidityPeriod) ?? node.grantedDays * DAY,
    keyType: keyTypeOf(config),
    minor: versionNumbers(node.version)[1],
  };
}

const fileAt = (root: string, path: string): string => (path.startsWith(`${root}/`) ? path : join(root, path));

function readConfig(file: string): ClusterConfiguration {
  return readDocuments(file).find(({ kind }) => kind === 'ClusterConfiguration') ?? {};
}

function readDocuments(file: string): (ClusterConfiguration & PhaseConfig & InitConfig)[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new KubeadmError(`unable to read config from "${file}": open ${file}: no such file or directory`);
  }
  const documents = text.split(/^---\s*$/m).filter((document) => document.trim() !== '');
  return documents.map((document) => parseYaml(document) as ClusterConfiguration & PhaseConfig & InitConfig);
}

/** Simplified: a configuration that does not say it keeps the cluster's. */
function keyTypeOf({ encryptionAlgorithm }: ClusterConfiguration): KeyType | null {
  if (encryptionAlgorithm === undefined) return null;
  return encryptionAlgorithm.startsWith('ECDSA') ? 'ec' : 'rsa';
}

/** '1440h0m0s' as milliseconds. */
function period(text: string | undefined): number | undefined {
  const hours = /^(\d+)h/.exec(text ?? '')?.[1];
  return hours === undefined ? undefined : Number(hours) * 3_600_000;
}

async function askCluster(
  kubeconfig: string,
  tell: (line: string) => void,
): Promise<'reached' | 'unreachable' | 'no-kubeconfig'> {
  let text: string;
  try {
    text = readFileSync(kubeconfig, 'utf8');
  } catch {
    return 'no-kubeconfig';
  }
  tell('Reading configuration from the cluster...');
  tell("FYI: You can look at this config file with 'kubectl -n kube-system get cm kubeadm-config -o yaml'");
  if (await clusterAnswers(text)) return 'reached';
  tell('Error reading configuration from the Cluster. Falling back to default configuration');
  return 'unreachable';
}

function clusterAnswers(kubeconfig: string): Promise<boolean> {
  const field = (name: string) => new RegExp(`${name}:\\s*(\\S+)`).exec(kubeconfig)?.[1] ?? '';
  const pem = (name: string) => Buffer.from(field(name), 'base64');
  return answers(`${field('server')}/api/v1/namespaces/kube-system/configmaps/kubeadm-config`, () => ({
    ca: pem('certificate-authority-data'),
    cert: pem('client-certificate-data'),
    key: pem('client-key-data'),
  }));
}

function tellVersion(root: string, flags: Map<string, string>): void {
  const { version } = readNodeRecord(root);
  const [major, minor] = versionNumbers(version);
  const long = `kubeadm version: &version.Info{Major:"${major}", Minor:"${minor}", GitVersion:"${version}"}`;
  process.stdout.write(`${flags.get('output') === 'short' ? version : long}\n`);
}

function parse(words: string[]): { operands: string[]; flags: Map<string, string> } {
  const operands: string[] = [];
  const flags = new Map<string, string>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith('-')) operands.push(word);
    else if (word.includes('='))
      flags.set(...(word.replace(/^--?/, '').split(/=(.*)/s).slice(0, 2) as [string, string]));
    else flags.set(word === '-o' ? 'output' : word.replace(/^--?/, ''), rest.shift() ?? '');
  }
  if (flags.has('o')) flags.set('output', flags.get('o')!);
  return { operands, flags };
}
