import { isInstant, isSeverity } from '../alert/book.ts';
import type { Alert } from '../domain/alerts/alert.ts';
import { CODES } from '../domain/alerts/catalogue.ts';
import { silencedUpTo } from '../domain/alerts/silence.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import {
  current,
  NO_ORDERS,
  type Orders,
  type Pause,
  type Silence,
  silenced,
  unsilenced,
} from '../domain/model/orders.ts';
import type { PauseRequest, SilenceRequest } from '../domain/model/status.ts';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Log } from '../host/logger.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { setAside, writeState } from '../host/state-file.ts';

const FILE = `${STATE_DIR}/orders.json`;
const VERSION = 1;

/** What a person has told this node's certagent: a pause, and silences. They survive restarts. */
export type OrderBook = {
  now(): Orders;
  silence(request: SilenceRequest, active: Alert[]): Promise<Silence>;
  /** Throws CertagentError NO_SILENCE. */
  unsilence(about: Pick<Silence, 'code' | 'subject'>): Promise<void>;
  pause(request: PauseRequest): Promise<Pause>;
  /** null: nothing was paused. */
  resume(): Promise<Pause | null>;
};

/** A file that cannot be read is kept, and nothing is paused or silenced: both would hide what a person must know of. */
export async function openOrders(root: Root, clock: () => Instant, log: Log): Promise<OrderBook> {
  let orders = await load(root, log);
  const save = async (next: Orders): Promise<void> => {
    await writeState(root, FILE, { version: VERSION, ...current(next, clock()) });
    orders = next;
  };
  return {
    now: () => current(orders, clock()),
    async silence({ code, subject, until, reason }, active) {
      if (!CODES.some((known) => known === code))
        throw new CertagentError('USAGE', `there is no alert ${code}`, { remedy: 'man certagent-alerts lists them.' });
      const severity = silencedUpTo(active, { code, subject });
      const silence = { code, subject, since: clock(), until: later(until, clock()), reason, severity };
      await save(silenced(orders, silence));
      log.info({ code, ...(subject === null ? {} : { subject }), reason }, `alerts silenced until ${iso(until)}`);
      return silence;
    },
    async unsilence(about) {
      const next = unsilenced(current(orders, clock()), about);
      if (next === null)
        throw new CertagentError('NO_SILENCE', `${[about.code, about.subject ?? ''].join(' ').trim()} is not silenced`);
      await save(next);
      log.info({ code: about.code }, 'alerts are no longer silenced');
    },
    async pause({ until, reason }) {
      const pause = { since: clock(), until: later(until, clock()), reason };
      await save({ ...orders, pause });
      log.warn({ reason }, `renewals paused until ${iso(until)}`);
      return pause;
    },
    async resume() {
      const { pause } = current(orders, clock());
      await save({ ...orders, pause: null });
      if (pause !== null) log.info({}, 'renewals resumed');
      return pause;
    },
  };
}

const iso = (at: Instant): string => new Date(at).toISOString();

function later(until: Instant, now: Instant): Instant {
  if (until > now) return until;
  throw new CertagentError('USAGE', `${iso(until)} has passed`);
}

async function load(root: Root, log: Log): Promise<Orders> {
  try {
    const text = await readTextIfThere(await followLinks(root, FILE));
    if (text === null) return NO_ORDERS;
    const { version, pause, silences } = JSON.parse(text) as { version?: unknown } & Partial<Orders>;
    if (
      version === VERSION &&
      (pause === null || isPause(pause)) &&
      Array.isArray(silences) &&
      silences.every(isSilence)
    )
      return { pause, silences };
    log.error({}, `${FILE} is not of version ${VERSION}; it is kept, and nothing is paused or silenced`);
  } catch (error) {
    log.error({}, `${FILE} cannot be read: ${error instanceof SyntaxError ? 'it is not JSON' : explain(error)}`);
  }
  await setAside(root, FILE);
  return NO_ORDERS;
}

function isPause(value: unknown): value is Pause {
  const { since, until, reason } = (value ?? {}) as Partial<Pause>;
  return isInstant(since) && isInstant(until) && typeof reason === 'string';
}

/** The code may be one that a later version added. */
function isSilence(value: unknown): value is Silence {
  const { code, subject, severity } = (value ?? {}) as Partial<Silence>;
  return (
    isPause(value) &&
    typeof code === 'string' &&
    (subject === null || typeof subject === 'string') &&
    isSeverity(severity)
  );
}
