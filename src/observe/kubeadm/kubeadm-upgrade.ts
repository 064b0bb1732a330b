import { findProgram } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';

const CHANGING = ['upgrade', 'init', 'join', 'reset'];

/** A kubeadm that changes the node at this moment. Under a root prefix only one that works below it. */
export async function upgradeUnderWay(root: Root): Promise<string | null> {
  for (const { pid, argv } of await findProgram('kubeadm').catch(() => [])) {
    const verb = argv.findIndex(
      (word, at) => CHANGING.includes(word) || (word === 'certs' && argv[at + 1] === 'renew'),
    );
    const next = argv.slice(verb + 1).find((word) => !word.startsWith('-'));
    const onlyReads = next === 'plan' || next === 'diff';
    const ours = root.isMachine || argv.some((word) => word.includes(root.prefix));
    if (verb !== -1 && !onlyReads && ours) return `kubeadm ${argv[verb]} is running (process ${pid})`;
  }
  return null;
}
