import { explain } from '../../domain/model/errors.ts';
import { parseGoYaml } from '../../host/go-yaml.ts';
import type { Root } from '../../host/root.ts';
import type { UnitFile } from '../../host/unit-files.ts';
import { names, record, text } from '../node-files.ts';

/** The options of K3s or RKE2 as they are merged, and the files that certagent could not read as YAML. */
export type SupervisorConfig = {
  options: ReadonlyMap<string, unknown>;
  unread: { path: string; why: string }[];
};

/** Options that have an environment variable of their own, K3S_… or RKE2_…. */
const VARIABLES: Record<string, string> = {
  'data-dir': 'DATA_DIR',
  'write-kubeconfig': 'KUBECONFIG_OUTPUT',
  config: 'CONFIG_FILE',
  'supervisor-port': 'SUPERVISOR_PORT',
  server: 'URL',
  'datastore-endpoint': 'DATASTORE_ENDPOINT',
};
/** Options that take no word after them. */
const SWITCHES = ['disable-apiserver', 'disable-controller-manager', 'disable-etcd', 'disable-scheduler'];
const SHORT: Record<string, string> = { c: 'config', d: 'data-dir', o: 'write-kubeconfig', s: 'server' };

/**
 * As K3s merges them (pkg/configfilearg): it puts the options of its configuration files before its command line,
 * where the last word of an option counts; variables count where an option is in neither. K3s overwrites its own
 * arguments, so they cannot be read from its process.
 */
export async function readSupervisorConfig(
  root: Root,
  name: string,
  { argv, environment }: Pick<UnitFile, 'argv' | 'environment'>,
): Promise<SupervisorConfig> {
  const options = new Map<string, unknown>();
  for (const [option, variable] of Object.entries(VARIABLES)) {
    const value = environment.get(`${name.toUpperCase()}_${variable}`);
    if (value) options.set(option, value);
  }
  const given = commandLine(argv);
  const named = [given.get('config') ?? options.get('config')].flat().at(-1);
  const unread: SupervisorConfig['unread'] = [];
  const fromFiles = new Map<string, unknown>();
  for (const path of await files(root, String(named ?? `/etc/rancher/${name}/config.yaml`))) {
    const content = await text(root, path);
    if (content === null) continue;
    try {
      for (const [key, value] of Object.entries(record(parseGoYaml(content)) ?? {})) merge(fromFiles, key, value);
    } catch (error) {
      unread.push({ path, why: explain(error) });
    }
  }
  for (const [option, values] of given) merge(fromFiles, `${option}+`, values);
  return { options: new Map([...options, ...fromFiles]), unread };
}

/** The file, then those of the directory beside it. */
async function files(root: Root, config: string): Promise<string[]> {
  const more = (await names(root, `${config}.d`)).filter((file) => /\.ya?ml$/i.test(file));
  return [config, ...more.map((file) => `${config}.d/${file}`)];
}

/** Later files override; a key with a final "+" appends. */
function merge(into: Map<string, unknown>, key: string, value: unknown): void {
  if (!key.endsWith('+')) {
    into.set(key, value);
    return;
  }
  const name = key.slice(0, -1);
  const before = into.get(name);
  into.set(name, [...(Array.isArray(before) ? before : before === undefined ? [] : [before]), value].flat());
}

/** `--name value` and `--name=value`; what is given more than once is a list. */
function commandLine(argv: string[]): Map<string, unknown> {
  const given = new Map<string, unknown>();
  for (const [index, word] of argv.entries()) {
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(word);
    if (match === null) continue;
    const value = match[2] ?? (SWITCHES.includes(match[1]!) ? 'true' : argv[index + 1]);
    if (value === undefined || (match[2] === undefined && value.startsWith('-'))) continue;
    merge(given, `${SHORT[match[1]!] ?? match[1]!}+`, value);
  }
  return given;
}
