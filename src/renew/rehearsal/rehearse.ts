import type { Rehearsal, RehearsalResult } from '../../domain/model/rehearsal.ts';
import type { Root } from '../../host/root.ts';

export type RehearseOptions = {
  now: () => number;
  pollInterval: number;
  waiting: (detail: string) => void;
  signal?: AbortSignal | undefined;
};

export async function rehearse(
  _root: Root,
  _rehearsal: Rehearsal,
  _options: RehearseOptions,
): Promise<RehearsalResult> {
  return { kind: 'impossible', why: 'not built yet' };
}

export async function removeRehearsals(_root: Root): Promise<void> {}
