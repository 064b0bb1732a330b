import type { Instant } from '../../domain/model/certificate.ts';

export type RehearseOptions = {
  now: () => Instant;
  pollInterval: number;
  waiting: (detail: string) => void;
  signal?: AbortSignal | undefined;
};
