import { names, text } from './quiet-reads.ts';
import type { Root } from './root.ts';

const DIRECTORIES = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
const CREDENTIAL = /^\s*(?:Load|Set)Credential(?:Encrypted)?\s*=\s*([^:\s]+)/gm;
const IMPORTED = /^\s*ImportCredential\s*=\s*\S/m;

/**
 * Names of the credentials that the files of a unit give it, drop-ins included. null: the unit is not on the node, or it
 * imports whatever systemd has.
 */
export async function unitCredentials(root: Root, unit: string): Promise<string[] | null> {
  const texts = (await Promise.all(DIRECTORIES.map((directory) => textsIn(root, `${directory}/${unit}`)))).flat();
  if (texts.length === 0 || texts.some((each) => IMPORTED.test(each))) return null;
  return texts.flatMap((each) => [...each.matchAll(CREDENTIAL)].map(([, name]) => name!));
}

async function textsIn(root: Root, unit: string): Promise<string[]> {
  const dropIns = (await names(root, `${unit}.d`)).filter((name) => name.endsWith('.conf'));
  const paths = [unit, ...dropIns.map((name) => `${unit}.d/${name}`)];
  return (await Promise.all(paths.map((path) => text(root, path)))).filter((each) => each !== null);
}
