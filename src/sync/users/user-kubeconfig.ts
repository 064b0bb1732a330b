import { currentEntries, parseKubeconfig } from '../../host/kubeconfig.ts';
import type { Source } from '../admin-kubeconfig.ts';
import type { UserPair } from './user-file.ts';

/** A new kubeconfig for a user: the cluster as the node's own kubeconfig has it, and the user's certificate and key. */
export function kubeconfigOf({ text, caData }: Pick<Source, 'text' | 'caData'>, user: string, pair: UserPair): string {
  const config = parseKubeconfig(text);
  const server = currentEntries(config)?.cluster.server ?? '';
  const cluster = config.contexts.find(({ name }) => name === config.currentContext)?.cluster ?? 'kubernetes';
  const context = `${user}@${cluster}`;
  const quoted = (value: string): string => JSON.stringify(value);
  const data = (value: string): string => Buffer.from(value).toString('base64');
  return `apiVersion: v1
kind: Config
clusters:
- name: ${quoted(cluster)}
  cluster:
${caData === null ? '' : `    certificate-authority-data: ${caData}\n`}    server: ${quoted(server)}
contexts:
- name: ${quoted(context)}
  context:
    cluster: ${quoted(cluster)}
    user: ${quoted(user)}
current-context: ${quoted(context)}
users:
- name: ${quoted(user)}
  user:
    client-certificate-data: ${data(pair.certificate)}
    client-key-data: ${data(pair.key)}
`;
}
