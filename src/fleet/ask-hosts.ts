import type { FleetAnswer } from '../domain/fleet/model.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { said } from '../domain/text/printable.ts';
import { formatDuration } from '../domain/time/duration.ts';
import { type CommandResult, findCommand, run } from '../host/commands.ts';
import type { Root } from '../host/root.ts';
import { answerOf } from './read-answers.ts';

export type AskOptions = {
  root: Root;
  /** How many are asked at the same time. */
  parallel: number;
  /** Milliseconds for one host. */
  limit: number;
  now: () => Instant;
  /** Called whenever a host has answered, or has not. */
  progress(done: number): void;
};

/** Of one answer. A status of thousands of certificates has a few mebibytes. */
const OUTPUT = 8 * 1024 * 1024;

/**
 * No question at a terminal, and nothing that a host which was taken over could use: no agent, no display, no forwarded port.
 * Host keys are checked as the user's own configuration says.
 */
const OPTIONS = [
  'BatchMode=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'ClearAllForwardings=yes',
  'PermitLocalCommand=no',
];
const ARGUMENTS = ['-T', ...OPTIONS.flatMap((option) => ['-o', option]), '--'];
const REMOTE = ['certagent', 'status', '-o', 'json'];

/** The status of each host, through ssh, as the user who runs this. `hosts` have been checked (`parseHosts`). */
export async function askHosts(hosts: string[], options: AskOptions): Promise<FleetAnswer[]> {
  const { root, parallel, progress } = options;
  if ((await findCommand(root, 'ssh')) === null)
    throw new CertagentError('COMMAND_MISSING', 'ssh is not on this machine', {
      remedy:
        'Install it (openssh-client), or give certagent fleet the statuses themselves, as files or on standard input.',
    });
  const answers: FleetAnswer[] = new Array(hosts.length);
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < hosts.length; at = next++) {
      answers[at] = await ask(hosts[at]!, options);
      done += 1;
      progress(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, hosts.length) }, worker));
  return answers;
}

async function ask(host: string, { root, limit, now }: AskOptions): Promise<FleetAnswer> {
  const result = await run(root, 'ssh', [...ARGUMENTS, host, ...REMOTE], {
    limit,
    env: environment(),
    outputLimit: OUTPUT + 2,
  });
  const { timedOut, exitCode, stdout } = result;
  if (timedOut) return { host, silent: `no answer after ${formatDuration(limit)}` };
  if (stdout.length > OUTPUT) return { host, silent: 'it answered too much' };
  if (exitCode === 0) return answerOf(host, stdout, now());
  return { host, silent: failure(host, result, now()) };
}

/** certagent's own error, which it prints as JSON; else the last line that ssh or the remote shell printed. */
function failure(host: string, { exitCode, signal, stderr }: CommandResult, now: Instant): string {
  const own = /^\{"error":.*$/m.exec(stderr)?.[0];
  const answer = own === undefined ? null : answerOf(host, own, now);
  if (answer !== null && 'silent' in answer) return answer.silent;
  if (exitCode === 127) return 'certagent is not installed there';
  const line = said(stderr.trimEnd().split('\n').reverse().join('\n'));
  return line ?? (exitCode === null ? `ssh was ended by ${signal}` : `ssh failed with exit code ${exitCode}`);
}

/** What ssh needs of the user: where the agent is, where a ticket is. */
const OF_THE_USER = ['HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'KRB5CCNAME', 'XDG_RUNTIME_DIR'];

function environment(): Record<string, string> {
  return Object.fromEntries(
    OF_THE_USER.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
