import { type CommandResult, run } from './commands.ts';
import { PROGRAMS } from './programs.ts';
import type { Root } from './root.ts';

export type TransientService = {
  /** Without ".service". */
  unit: string;
  description: string;
  /** Paths of this machine. */
  command: string[];
  user: string;
  environment: Record<string, string>;
  /** Milliseconds, after which systemd ends all its processes. */
  limit: number;
};

/** What systemd gets, beyond the time limit, to start the service, and to end it. Milliseconds. */
const OF_SYSTEMD = 20_000;

/**
 * Runs a program as a service of systemd's own and waits for it: none of certagent's sandbox applies to it, and its
 * processes end with it, whatever group or session they are in. Its output comes to us; after 1 MiB it is ended. Throws
 * CertagentError COMMAND_MISSING without systemd-run.
 */
export async function runTransient(root: Root, service: TransientService): Promise<CommandResult> {
  const { unit, description, command, user, environment, limit } = service;
  const properties = [
    `Description=${description}`,
    // systemd-run reports a program that cannot be started.
    'Type=exec',
    `RuntimeMaxSec=${Math.ceil(limit / 1_000)}s`,
    'TimeoutStopSec=5s',
    'KillMode=control-group',
    'UMask=0077',
    'WorkingDirectory=/',
  ];
  const words = [
    ...['--wait', '--pipe', '--collect', '--quiet', `--unit=${unit}`],
    ...(user === 'root' ? [] : [`--uid=${user}`]),
    ...properties.map((property) => `--property=${property}`),
    ...Object.entries(environment).map(([name, value]) => `--setenv=${name}=${value}`),
  ];
  const result = await run(root, 'systemd-run', [...words, '--', ...asWritten(command)], {
    limit: limit + OF_SYSTEMD,
  });
  // What ended systemd-run did not end the service.
  if (result.exitCode !== 0) await endTransient(root, unit);
  return result;
}

/**
 * The words of a command, such that the program gets them as they are: systemd expands variables in them (systemd.service(5), COMMAND
 * LINES), also without a shell, but not in the path of the program (seen with systemd 252 and 257).
 */
export function asWritten([program = '', ...words]: string[]): string[] {
  return [program, ...words.map((word) => word.replaceAll('$', '$$$$'))];
}

/** Ends all processes of such a service; one that does not run is none. */
export async function endTransient(root: Root, unit: string): Promise<void> {
  await run(root, 'systemctl', ['stop', `${unit}.service`], { limit: PROGRAMS.transientStop.limit }).catch(() => {});
}
