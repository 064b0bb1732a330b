import type { Expectation } from '../../domain/model/plan.ts';
import { readSmall, stageWrite } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { commitAll, type Staged } from '../backup/put-back-files.ts';
import { throughLink } from '../components/manifest-link.ts';

/**
 * Puts a new key and its certificate in place of a pair: both or neither, each with the owner, mode and access control list of the file
 * that it replaces. Throws the operating system's error.
 */
export async function putPair(root: Root, made: Expectation, expect: Expectation): Promise<void> {
  const staged: Staged[] = [];
  try {
    // The key first, as kubeadm writes them.
    for (const [from, path] of [
      [made.keyPath, expect.keyPath],
      [made.path, expect.path],
    ] as const) {
      const target = await throughLink(root, path);
      const { bytes } = await readSmall(root.at(from));
      const { mode, uid, gid } = (await readSmall(target)).facts;
      const owner = process.getuid?.() === 0 ? { uid, gid } : {};
      staged.push({ path, target, write: await stageWrite(target, bytes, { mode, like: target, ...owner }) });
    }
  } catch (error) {
    for (const { write } of staged) await write.discard();
    throw error;
  }
  await commitAll(staged);
}
