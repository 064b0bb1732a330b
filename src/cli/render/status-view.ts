import type { Paint } from './paint.ts';
import type { Times } from './time.ts';

/** How the status is shown. `width`: columns of the terminal, Infinity when there is none. */
export type View = { paint: Paint; times: Times; width: number; wide: boolean };
