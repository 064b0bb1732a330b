import type { CopyOutcome } from '../domain/model/journal.ts';
import type { UserRequest } from '../domain/model/user-certificate.ts';
import { MINUTE } from '../domain/time/duration.ts';
import type { Root } from '../host/root.ts';
import { loadUserMemory } from '../sync/users/user-memory-file.ts';
import { syncUserCertificates } from './user-certificates.ts';
import { apiOf, type UsersRequest } from './user-exchange.ts';

/** How often a request that waits for a person is looked at. */
const INTERVAL = MINUTE;

export type UserCertificates = {
  sync(request: UsersRequest): Promise<CopyOutcome[]>;
  close(): void;
};

/** `wake`: a check is due, because a request was decided. Without it, nobody waits. */
export function makeUserCertificates(root: Root, wake: (() => void) | null = null): UserCertificates {
  let timer: NodeJS.Timeout | null = null;
  const stop = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const watch = (kubeconfig: string, wake: () => void) => {
    timer = setTimeout(async () => {
      const decided = await isDecided(root, kubeconfig).catch(() => false);
      if (timer === null) return;
      if (decided) wake();
      else watch(kubeconfig, wake);
    }, INTERVAL);
    timer.unref();
  };
  return {
    async sync(request) {
      const outcomes = await syncUserCertificates(request);
      if (request.dryRun || wake === null) return outcomes;
      stop();
      const { adminKubeconfig } = request.inventory.node.paths;
      if (adminKubeconfig !== null && outcomes.some(({ own }) => own?.next.is === 'waiting'))
        watch(adminKubeconfig, wake);
      return outcomes;
    },
    close: stop,
  };
}

async function isDecided(root: Root, kubeconfig: string): Promise<boolean> {
  const { readCsr } = await import('../cluster/user-requests.ts');
  const api = await apiOf({ root, kubeconfig });
  const waiting = (await loadUserMemory(root)).flatMap(({ request }): UserRequest[] => (request ? [request] : []));
  for (const request of waiting) {
    const state = await readCsr(api, request);
    if (state.ok && (state.value.is !== 'pending' || state.value.approved !== request.approved)) return true;
  }
  return false;
}

/** A file of a user's own certificate is reported as that, and not a second time as a copy that is left alone. */
export function withUsers(copies: CopyOutcome[], own: CopyOutcome[]): CopyOutcome[] {
  const paths = own.map(({ path }) => path);
  const others = copies.filter(({ path, result }) => result !== 'left' || !paths.includes(path));
  const both = new Set(others.map(({ path }) => path));
  return [...others, ...own.map((one) => (both.has(one.path) ? { ...one, certificates: [] } : one))];
}
