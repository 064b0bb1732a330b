import type { Instant } from '../../domain/model/certificate.ts';
import type { Root } from '../../host/root.ts';

export type RehearseOptions = {
  now: () => Instant;
  pollInterval: number;
  waiting: (detail: string) => void;
  signal?: AbortSignal | undefined;
  /** Takes what a server that came up has issued, from the copy, before that is removed. */
  keep?: ((copy: Root) => Promise<void>) | undefined;
};
