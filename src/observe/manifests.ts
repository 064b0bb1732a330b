import { basename } from 'node:path';
import { explain } from '../domain/model/errors.ts';
import type { Finding } from '../domain/model/inventory.ts';
import { parseGoYaml } from '../host/go-yaml.ts';
import type { Root } from '../host/root.ts';
import { absolute, names, record, text } from './node-files.ts';
import { COMPONENTS, type NamedPod, namesOf, type StaticPod, staticPodOf } from './static-pod-manifest.ts';

/** A static pod besides the control plane's, with the paths of the node that it mounts. */
export type OtherPod = { names: NamedPod; manifest: string; mounts: string[] };

/** What the manifests directory holds. `findings`: files that neither certagent nor the kubelet can read. */
export type Manifests = { pods: StaticPod[]; neighbours: OtherPod[]; findings: Finding[] };

/** All control-plane static pods of the manifests directory. Dot-files are passed over, as the kubelet does. */
export async function readManifests(root: Root, directory: string): Promise<Manifests> {
  const files = (await names(root, directory)).filter((name) => !name.startsWith('.')).slice(0, 200);
  const pods: StaticPod[] = [];
  const neighbours: OtherPod[] = [];
  const findings: Finding[] = [];
  for (const name of files) {
    const path = `${directory}/${name}`;
    try {
      const content = record(parseGoYaml((await text(root, path)) ?? ''));
      const pod = staticPodOf(path, content);
      if (pod !== null) pods.push(pod);
      else neighbours.push({ names: namesOf(content, name), manifest: path, mounts: mountsOf(content) });
    } catch (error) {
      findings.push({ path, id: null, owner: 'kubelet', reason: 'bad-manifest', detail: explain(error) });
    }
  }
  return { pods: onePerComponent(pods), neighbours: neighbours.filter(({ mounts }) => mounts.length > 0), findings };
}

function mountsOf(pod: Record<string, unknown> | null): string[] {
  const volumes = record(pod?.spec)?.volumes;
  return (Array.isArray(volumes) ? volumes : []).flatMap(
    (volume) => absolute(record(record(volume)?.hostPath)?.path) ?? [],
  );
}

function onePerComponent(pods: StaticPod[]): StaticPod[] {
  return COMPONENTS.flatMap((component) => {
    const all = pods.filter((pod) => pod.component === component);
    const main = all.find(({ manifest }) => basename(manifest) === `${component}.yaml`) ?? all[0];
    if (main === undefined) return [];
    return [{ ...main, alsoIn: all.filter((pod) => pod !== main).map(({ manifest }) => manifest) }];
  });
}
