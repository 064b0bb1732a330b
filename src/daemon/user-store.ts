import type { UserMemory, UserSpec } from '../domain/model/user-certificate.ts';
import { isOf, nothingKnown } from '../domain/users/user-memory.ts';
import type { Root } from '../host/root.ts';
import { saveUserMemory } from '../sync/users/user-memory-file.ts';

/** What is remembered of users' certificates, saved at each change: a key is on disk before its request is in the cluster. */
export type UserStore = {
  all(): UserMemory[];
  get(spec: Pick<UserSpec, 'kubeconfig' | 'user'>): UserMemory;
  put(memory: UserMemory): Promise<void>;
  forget(memory: UserMemory): Promise<void>;
};

/** `saves` false: nothing is written. */
export function openUserStore(root: Root, before: UserMemory[], saves: boolean): UserStore {
  let now = before;
  const change = async (next: UserMemory[]): Promise<void> => {
    if (saves) await saveUserMemory(root, now, next);
    now = next;
  };
  return {
    all: () => now,
    get: (spec) => now.find((memory) => isOf(memory, spec)) ?? nothingKnown(spec),
    // In its place, so that a check that changes nothing writes nothing.
    put: (memory) =>
      change(
        now.some((one) => isOf(one, memory)) ? now.map((one) => (isOf(one, memory) ? memory : one)) : [...now, memory],
      ),
    forget: (memory) => change(now.filter((one) => !isOf(one, memory))),
  };
}
