import { CertagentError } from '../domain/model/errors.ts';
import { parseGoYaml } from './go-yaml.ts';
import { isRecord } from './kubeconfig-types.ts';

/**
 * The ClusterConfiguration among the documents of a file for kubeadm's `--config`, as plain data. Throws CertagentError
 * BAD_YAML, which never quotes the content.
 */
export function clusterConfiguration(text: string): Record<string, unknown> {
  const documents = text.split(/^---(?:[ \t].*)?$/m).map((document) => parseGoYaml(document));
  const found = documents.filter(isRecord).find(({ kind }) => kind === 'ClusterConfiguration');
  if (found === undefined) throw new CertagentError('BAD_YAML', 'holds no ClusterConfiguration of kubeadm');
  return found;
}
