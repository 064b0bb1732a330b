import type { Config } from '../config/schema.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { Progress } from '../domain/model/journal.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import type { RenewContext } from '../renew/engine/renew-context.ts';
import type { Journal } from '../renew/journal/journal-file.ts';
import { ACTORS } from '../renew/steps/actors.ts';
import { makeStillHolds } from './still-holds.ts';
import type { View } from './view.ts';

/** What carrying out a plan needs of an agent. `known`: the node as the plan was made of it, or as it is. */
export function renewContextOf(agent: {
  root: Root;
  journal: Journal;
  config: Config;
  now: () => Instant;
  look: () => Promise<View>;
  known: () => Promise<View>;
  turn: NonNullable<RenewContext['turn']>;
  progress: (progress: Progress) => void;
  signal: AbortSignal | undefined;
  log: Log;
}): RenewContext {
  const { root, journal, config, now, look, known, turn, progress, signal, log } = agent;
  return {
    root,
    journal,
    actors: ACTORS,
    stillHolds: makeStillHolds(root, known),
    turn,
    mayHeal: async () => config.mode === 'renew' && (await look()).inventory.clock.doubt === null,
    now,
    says: (hook, line) => log.info({ hook }, line),
    backups: config.renew.backups,
    ...(signal === undefined ? {} : { signal }),
    progress,
  };
}
