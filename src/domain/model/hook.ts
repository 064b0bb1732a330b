import { MINUTE } from '../time/duration.ts';

export const HOOK_EVENTS = ['renewed', 'failed', 'before'] as const;

/** `before` a renewal touches anything; when everything is `renewed`; after one that `failed` or was rolled back. */
export type HookEvent = (typeof HOOK_EVENTS)[number];

/** A program of the operator's that a renewal runs. */
export type Hook = {
  on: HookEvent;
  /** An absolute path, and its arguments. No shell reads them. */
  command: string[];
  user: string;
  /** Milliseconds. */
  limit: number;
  /** Ids of certificates: it runs when one of these is renewed. Empty: at every renewal. */
  certificates: string[];
};

/** The hooks of a node. What is refused does not run: `why` says what others could change, or what it lacks. */
export type ObservedHooks = { hooks: Hook[]; refused: RefusedHook[] };

export type RefusedHook = { path: string; why: string };

/** The default limit. Milliseconds. */
export const HOOK_LIMIT = 2 * MINUTE;
/** systemd gives certagent ten minutes to stop, and a hook that has begun is finished first. */
export const LONGEST_HOOK = 5 * MINUTE;
