import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import type { Root } from '../../host/root.ts';
import { missingDirectory, userPlace } from '../../sync/users/user-place.ts';

/** Kubeconfigs of [[users.certificates]] in homes of nobody, and in directories that are not there: mostly a typo. */
export async function misplacedUserFiles(root: Root, { users }: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { kubeconfig, user }] of users.certificates.entries()) {
    const message = await whatIsWrong(root, kubeconfig, user);
    if (message !== null) problems.push({ path: ['users', 'certificates', index, 'kubeconfig'], message });
  }
  return problems;
}

async function whatIsWrong(root: Root, kubeconfig: string, user: string): Promise<string | null> {
  const { home } = await userPlace(root, kubeconfig, user);
  if (home === null && kubeconfig.startsWith('/home/')) return 'is in the home of no account that this node knows';
  const missing = await missingDirectory(root, kubeconfig, 'needed');
  return missing === null ? null : 'is in a directory that does not exist';
}
