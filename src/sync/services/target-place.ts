import { lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { CertagentError } from '../../domain/model/errors.ts';
import type { Inventory } from '../../domain/model/inventory.ts';
import { type Root, RUN_DIR, STATE_DIR } from '../../host/root.ts';
import { foreignPart } from '../../host/trust.ts';

/** Where Kubernetes and certagent keep their own files. */
const TAKEN = [
  '/etc/kubernetes',
  '/etc/rancher',
  '/etc/certagent',
  '/var/lib/kubelet',
  '/var/lib/rancher',
  '/var/lib/k0s',
  '/var/lib/etcd',
  STATE_DIR,
  RUN_DIR,
  '/proc',
  '/sys',
  '/dev',
];

/**
 * Path of this machine of a file that a copy may be written to. Every directory on the way belongs to root, is not writable by others
 * and is not a link, so that nobody else can exchange it between this check and the write. Throws CertagentError COPY_REFUSED.
 */
export async function targetPlace(root: Root, path: string, inventory: Inventory): Promise<string> {
  const taken = [...TAKEN, ...directoriesOf(inventory)].find(
    (directory) => path === directory || path.startsWith(`${directory}/`),
  );
  if (taken !== undefined) throw refused(`${taken} belongs to the cluster or to certagent`);
  const directory = await plainDirectory(root, posix.dirname(path));
  refuseSameDirectory(root, directory, inventory);
  const at = `${directory}/${posix.basename(path)}`;
  const facts = factsOf(at);
  if (facts?.isSymbolicLink() === true) throw refused('is a symbolic link');
  if (facts !== null && !facts.isFile()) throw refused('is not a regular file');
  if (facts !== null && facts.nlink !== 1) throw refused('has a second name (hard link)');
  return at;
}

async function plainDirectory(root: Root, directory: string): Promise<string> {
  let at = root.prefix;
  for (const step of directory.split('/').filter((name) => name !== '')) {
    at = `${at}/${step}`;
    const facts = factsOf(at);
    if (facts === null) throw refused(`${root.own(at)} does not exist`);
    if (facts.isSymbolicLink()) throw refused(`${root.own(at)} is a symbolic link`);
    if (!facts.isDirectory()) throw refused(`${root.own(at)} is not a directory`);
  }
  const foreign = await foreignPart(at === '' ? '/' : at);
  if (foreign !== null) throw refused(`${root.own(foreign.path)} ${foreign.why}`);
  // foreignPart lets a sticky directory of root's be, in which anybody can make files.
  const facts = factsOf(at === '' ? '/' : at);
  if (facts !== null && (facts.mode & 0o022) !== 0) throw refused(`${root.own(at)} can be written by others`);
  return at;
}

/** Of the node, wherever its configuration puts them. */
function directoriesOf({ node: { paths }, certificates }: Inventory): string[] {
  const ofFiles = certificates.flatMap(({ owner, place }) =>
    owner === 'copy' || owner === 'operator' ? [] : [dirname(place.path)],
  );
  const named = [paths.certificatesDir, paths.kubeconfigDir, paths.manifestsDir, paths.dataDir];
  return [...new Set([...named.flatMap((path) => path ?? []), ...ofFiles])].filter(
    (path) => path !== '/' && path !== '',
  );
}

/** A directory of the cluster's can be mounted a second time under another name. */
function refuseSameDirectory(root: Root, directory: string, inventory: Inventory): void {
  const target = statSync(directory === '' ? '/' : directory, { throwIfNoEntry: false });
  for (const path of directoriesOf(inventory)) {
    const own = statSync(root.at(path), { throwIfNoEntry: false });
    if (own !== undefined && target !== undefined && own.ino === target.ino && own.dev === target.dev)
      throw refused(`its directory is ${path}, which belongs to the cluster`);
  }
}

function factsOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

const refused = (why: string) => new CertagentError('COPY_REFUSED', why);
