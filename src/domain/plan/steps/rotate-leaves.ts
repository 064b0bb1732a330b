import type { StepRule } from './step-rule.ts';

/**
 * `k3s certificate rotate`, or rke2's: it copies all of `server/tls` to `server/tls-<unixtime>` and removes every leaf, so that
 * the next start issues all of them, however long they were valid (0.18 s, measured on v1.36). `writes`: what it removes, and
 * the file with which it asks for a new listener's certificate. `server`: the directory of the copy.
 */
export type RotateLeavesStep = {
  kind: 'rotate-leaves';
  program: string;
  argv: string[];
  writes: string[];
  server: string;
  limit: number;
};

export const rotateLeaves: StepRule<RotateLeavesStep> = {
  describe: ({ program, argv, server }) =>
    `${program} ${argv.join(' ')}, which copies ${server}/tls with its private keys to ${server}/tls-<unixtime>`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
