import type { Expectation } from '../../domain/model/plan.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { textWith } from '../../host/leaf.ts';
import type { Root } from '../../host/root.ts';
import { type NewFile, type NewPair, replacing, stagePairs, withCredentials } from '../external/installed-files.ts';
import type { StepContext } from '../steps/actor.ts';
import { checkSuccessor } from '../verify/check-renewed.ts';

/**
 * Leaves what a rehearsal has issued in a directory of the plan, laid out as a backup: it holds private keys, and goes when the plan is
 * over. Each certificate is judged once more, against the CA of the node and not that of the copy.
 */
export async function keepLeaves(
  root: Root,
  copy: Root,
  { rehearsal }: StepOf<'rehearse'>,
  { plan, now }: Pick<StepContext, 'plan' | 'now'>,
): Promise<void> {
  const pairs: NewPair[] = [];
  for (const expect of rehearsal.certificates) pairs.push(await pairOf(root, copy, expect));
  await stagePairs(root, plan.id, pairs, now());
}

async function pairOf(root: Root, copy: Root, expect: Expectation): Promise<NewPair> {
  const certificate = await textWith(copy, expect.path, 'certificate');
  const key = await textWith(copy, expect.keyPath, 'key');
  const { notAfter } = await checkSuccessor(root, expect, { certificate, key });
  return { id: expect.id, notAfter, files: await filesOf(root, expect, certificate, key) };
}

/** Of a kubeconfig only the certificate and the key: all else in it is this node's own. */
async function filesOf(root: Root, { path, keyPath }: Expectation, pem: string, key: string): Promise<NewFile[]> {
  if (path === keyPath) return [await replacing(root, path, (text) => withCredentials(text, path, pem, key))];
  return [await replacing(root, keyPath, () => key), await replacing(root, path, () => pem)];
}
