import type { Distribution } from '../domain/model/inventory.ts';
import type { Root } from '../host/root.ts';
import { absolute, names, settings, text } from './node-files.ts';

export type K3sSettings = {
  dataDir: string;
  /** Of the Kubernetes API. */
  port: number;
  /** RKE2: of its own listener, which serves `dynamic-cert.json`; null on K3s, where that is the API's port. */
  supervisorPort: number | null;
  kubeconfig: string;
  bindAddress: string | null;
};

/**
 * Fixed in RKE2 (pkg/rke2: HTTPSPort, SupervisorPort), which skips both keys in its config.yaml as it skips all that it
 * does not know. Only what stands in for RKE2 on a machine with several nodes listens where they say.
 */
const RKE2_SUPERVISOR = 9345;

/**
 * What K3s or RKE2 was told: `config.yaml`, then `config.yaml.d/*.yaml` in alphabetical order (later files override; a
 * key that ends in "+" appends), then the options in the unit's ExecStart, which win over both. K3s overwrites its
 * own arguments, so its process does not tell.
 */
export async function readK3sSettings(
  root: Root,
  distribution: Exclude<Distribution, 'kubeadm'>,
): Promise<K3sSettings> {
  const near = `/etc/rancher/${distribution}`;
  const files = (await names(root, `${near}/config.yaml.d`)).filter((name) => /\.ya?ml$/.test(name));
  const merged = new Map<string, unknown>();
  for (const path of [`${near}/config.yaml`, ...files.map((name) => `${near}/config.yaml.d/${name}`)]) {
    for (const [key, value] of Object.entries((await settings(root, path)) ?? {})) merge(merged, key, value);
  }
  for (const [key, value] of await unitOptions(root, distribution)) merged.set(key, value);
  return {
    dataDir: absolute(merged.get('data-dir')) ?? `/var/lib/rancher/${distribution}`,
    port: portOf(merged.get('https-listen-port')) ?? 6443,
    supervisorPort: distribution === 'rke2' ? (portOf(merged.get('supervisor-port')) ?? RKE2_SUPERVISOR) : null,
    kubeconfig: absolute(merged.get('write-kubeconfig')) ?? `${near}/${distribution}.yaml`,
    bindAddress: typeof merged.get('bind-address') === 'string' ? String(merged.get('bind-address')) : null,
  };
}

function merge(into: Map<string, unknown>, key: string, value: unknown): void {
  if (!key.endsWith('+')) {
    into.set(key, value);
    return;
  }
  const name = key.slice(0, -1);
  const before = into.get(name);
  into.set(name, [...(Array.isArray(before) ? before : before === undefined ? [] : [before]), value].flat());
}

const UNIT_DIRECTORIES = [
  '/etc/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];
const SHORT: Record<string, string> = { d: 'data-dir', o: 'write-kubeconfig' };

/** `--name value` and `--name=value` of the unit's ExecStart, as K3s's installer writes it (one quoted word a line). */
async function unitOptions(root: Root, distribution: string): Promise<[string, string][]> {
  const units = distribution === 'k3s' ? ['k3s', 'k3s-agent'] : ['rke2-server', 'rke2-agent'];
  for (const unit of units) {
    for (const directory of UNIT_DIRECTORIES) {
      const unitText = await text(root, `${directory}/${unit}.service`);
      if (unitText !== null) return options(words(execStart(unitText)));
    }
  }
  return [];
}

function execStart(unit: string): string {
  const lines = unit.replace(/\\\n/g, ' ').split('\n');
  return lines.findLast((line) => /^\s*ExecStart\s*=\s*\S/.test(line)) ?? '';
}

const words = (line: string): string[] =>
  (line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []).map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));

function options(argv: string[]): [string, string][] {
  return argv.flatMap((word, index): [string, string][] => {
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(word);
    if (match === null) return [];
    const name = SHORT[match[1]!] ?? match[1]!;
    const value = match[2] ?? argv[index + 1];
    return value === undefined || (match[2] === undefined && value.startsWith('-')) ? [] : [[name, value]];
  });
}

function portOf(value: unknown): number | null {
  const port = Number(value);
  return value !== undefined && value !== null && Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}
