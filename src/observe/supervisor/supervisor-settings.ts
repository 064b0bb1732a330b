import { rulesOf } from '../../domain/distributions/index.ts';
import type { Distribution } from '../../domain/distributions/names.ts';
import type { Root } from '../../host/root.ts';
import { absolute, names, settings, text } from '../node-files.ts';

export type SupervisorSettings = {
  dataDir: string;
  /** Of the Kubernetes API. */
  port: number;
  /** Of a listener of its own, which serves `dynamic-cert.json`; null where the API's port serves that. */
  supervisorPort: number | null;
  kubeconfig: string;
  bindAddress: string | null;
};

/** K3s, or RKE2 which embeds it. `supervisorPort` is the default; null: it has no port of its own. */
export type Flavour = { name: Distribution; supervisorPort: number | null };

/**
 * How K3s or RKE2 is configured: `config.yaml`, then `config.yaml.d/*.yaml` in alphabetical order (later files override; a
 * key that ends in "+" appends), then the options in the unit's ExecStart, which win over both. K3s overwrites its
 * own arguments, so they cannot be read from its process.
 */
export async function readSupervisorSettings(
  root: Root,
  { name, supervisorPort }: Flavour,
): Promise<SupervisorSettings> {
  const near = `/etc/rancher/${name}`;
  const files = (await names(root, `${near}/config.yaml.d`)).filter((file) => /\.ya?ml$/.test(file));
  const merged = new Map<string, unknown>();
  for (const path of [`${near}/config.yaml`, ...files.map((file) => `${near}/config.yaml.d/${file}`)]) {
    for (const [key, value] of Object.entries((await settings(root, path)) ?? {})) merge(merged, key, value);
  }
  for (const [key, value] of await unitOptions(root, name)) merged.set(key, value);
  return {
    dataDir: absolute(merged.get('data-dir')) ?? `/var/lib/rancher/${name}`,
    port: portOf(merged.get('https-listen-port')) ?? 6443,
    supervisorPort: supervisorPort === null ? null : (portOf(merged.get('supervisor-port')) ?? supervisorPort),
    kubeconfig: absolute(merged.get('write-kubeconfig')) ?? `${near}/${name}.yaml`,
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
async function unitOptions(root: Root, name: Distribution): Promise<[string, string][]> {
  for (const { unit } of Object.values(rulesOf(name).roles)) {
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
