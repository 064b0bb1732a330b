import { uptime } from 'node:os';
import type { Instant } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { said } from '../domain/text/printable.ts';
import { run } from './commands.ts';
import { PROGRAMS } from './programs.ts';
import type { Root } from './root.ts';

export type UnitState = {
  name: string;
  loaded: boolean;
  active: boolean;
  activeState: string;
  subState: string;
  /** It does not run and did not fail: somebody stopped it, or nobody started it. */
  stopped: boolean;
  mainPid: number | null;
  restarts: number;
  /** Of its last start, by which the journal knows that start; null: it was never started. */
  invocation: string | null;
  /** When it became active, by this machine's clock as it is set now; null: it is not, or systemd does not say. */
  activeSince: Instant | null;
};

const SHOWN = 'LoadState,ActiveState,SubState,MainPID,NRestarts,Restart,InvocationID,ActiveEnterTimestampMonotonic';

/** The state of a unit in systemd. A unit that systemd does not know is `loaded: false`, not an error. */
export async function unitState(root: Root, unit: string): Promise<UnitState> {
  const result = await run(root, 'systemctl', ['show', `--property=${SHOWN}`, unit], {
    limit: PROGRAMS.unitState.limit,
  });
  if (result.exitCode !== 0) {
    throw new CertagentError('SYSTEMCTL_FAILED', `systemctl show ${unit} ${ending(result)}`, {
      remedy: 'Check whether systemd answers: systemctl status.',
    });
  }
  const fields = new Map(result.stdout.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const [mainPid, restarts] = [Number(fields.get('MainPID') ?? 0), Number(fields.get('NRestarts') ?? 0)];
  const activeState = word(fields.get('ActiveState'));
  return {
    name: unit,
    loaded: fields.get('LoadState') === 'loaded',
    active: activeState === 'active',
    activeState,
    subState: word(fields.get('SubState')),
    stopped: isStopped(activeState, fields.get('Restart') === 'always' && restarts === 0),
    mainPid: Number.isSafeInteger(mainPid) && mainPid > 0 ? mainPid : null,
    restarts: Number.isSafeInteger(restarts) ? restarts : 0,
    invocation: /^[0-9a-f]{32}$/.exec(fields.get('InvocationID') ?? '')?.[0] ?? null,
    activeSince: activeState === 'active' ? instantOf(fields.get('ActiveEnterTimestampMonotonic')) : null,
  };
}

/** systemd counts microseconds since boot; 0: never. */
function instantOf(monotonic: string | undefined): Instant | null {
  const since = Number(monotonic ?? 0);
  return Number.isSafeInteger(since) && since > 0 ? Math.round(Date.now() - uptime() * 1_000 + since / 1_000) : null;
}

/** Its start is under way, and has not failed: systemd waits for the unit to say that it is ready. */
export function isStarting({ activeState, subState }: Pick<UnitState, 'activeState' | 'subState'>): boolean {
  return activeState === 'activating' && subState.startsWith('start');
}

/**
 * K3s exits with 1 when systemd stops it, which leaves its unit `failed`. A unit with `Restart=always` that systemd did not
 * restart was stopped on purpose.
 */
function isStopped(activeState: string, wouldHaveBeenRestarted: boolean): boolean {
  if (activeState === 'failed') return wouldHaveBeenRestarted;
  return activeState !== 'active' && activeState !== 'activating';
}

/** States are one word each; anything else is not systemctl's. */
function word(value: string | undefined): string {
  return value !== undefined && /^[a-z-]{1,40}$/.test(value) ? value : 'unknown';
}

/**
 * Restarts a unit and waits until systemd says it started. Throws CertagentError UNIT_RESTART_FAILED with systemd's own
 * words, or UNIT_RESTART_TIMEOUT when `limit` milliseconds are over. `signal` ends the waiting: systemd goes on with the start.
 */
export function restartUnit(root: Root, unit: string, limit: number, signal?: AbortSignal): Promise<void> {
  return order(root, 'restart', unit, { limit, ...(signal === undefined ? {} : { signal }) });
}

/** Starts a unit and waits until systemd says it started. Throws as `restartUnit`. */
export function startUnit(root: Root, unit: string, limit: number): Promise<void> {
  return order(root, 'start', unit, { limit });
}

/** Stops a unit and waits for it. Throws CertagentError UNIT_STOP_FAILED with systemd's own words. */
export function stopUnit(root: Root, unit: string, limit: number): Promise<void> {
  return order(root, 'stop', unit, { limit });
}

/** Has a unit load its configuration and files again. Throws as `restartUnit`. */
export function reloadUnit(root: Root, unit: string): Promise<void> {
  return order(root, 'reload', unit, { limit: PROGRAMS.unitReload.limit });
}

async function order(
  root: Root,
  verb: 'restart' | 'start' | 'stop' | 'reload',
  unit: string,
  options: { limit: number; signal?: AbortSignal },
): Promise<void> {
  const result = await run(root, 'systemctl', [verb, unit], options);
  if (result.exitCode === 0) return;
  const words = said(result.stderr);
  const onStart = result.timedOut ? 'UNIT_RESTART_TIMEOUT' : 'UNIT_RESTART_FAILED';
  throw new CertagentError(
    verb === 'stop' ? 'UNIT_STOP_FAILED' : onStart,
    `systemctl ${verb} ${unit} ${ending(result)}${words === null ? '' : `: ${words}`}`,
    { remedy: `See why: journalctl -u ${unit} -n 50` },
  );
}

function ending(result: { exitCode: number | null; signal: string | null; timedOut: boolean }): string {
  if (result.timedOut) return 'did not finish in time';
  return result.exitCode === null ? `was killed by ${result.signal}` : `exited with ${result.exitCode}`;
}
