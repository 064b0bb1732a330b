import { type ChildProcess, spawn } from 'node:child_process';
import { errorCode } from '../domain/model/errors.ts';
import { said } from '../domain/text/printable.ts';
import { findCommand, run } from './commands.ts';
import { PROGRAMS } from './programs.ts';
import type { Root } from './root.ts';
import { isPlainPath, OLDEST_SYSTEMD, OWN_PROCESSES, propertiesOf, type Sandbox } from './sandbox-properties.ts';
import { ourselves, SANDBOX_HELPER } from './self.ts';
import { asWritten } from './transient-service.ts';

export type { Sandbox } from './sandbox-properties.ts';

/**
 * `answer`: what the helper inside wrote. `refused`: it was not started, or ended without an answer; `why` completes "cannot
 * rehearse: …". `late`: everything in it was killed after `limit`. `stopped`: by `signal`.
 */
export type SandboxEnding =
  | { is: 'answer'; value: unknown }
  | { is: 'refused'; why: string }
  | { is: 'late' }
  | { is: 'stopped' };

/** More is not kept of what comes out of a sandbox: whoever writes more is killed. */
const ANSWER_LIMIT = 4 * 1024 * 1024;
/** How long systemd may take to set up and to clear away a sandbox, besides its limit. Milliseconds. */
const AROUND = 20_000;

/**
 * Runs certagent's helper in a transient unit of systemd's: in mount, process and IPC namespaces of its own, and in one control
 * group, so that whatever it starts ends with it. `request` goes to its standard input, which stays open: when this process
 * dies, the helper sees the end of it, and ends with everything that it has started. Never throws.
 */
export async function runInSandbox(
  root: Root,
  sandbox: Sandbox,
  request: { olderSystemd: boolean },
  signal?: AbortSignal,
): Promise<SandboxEnding> {
  const systemdRun = await findCommand(root, 'systemd-run');
  if (systemdRun === null) return refused('systemd-run is not on this node');
  const odd = pathsOf(sandbox).find((path) => !isPlainPath(path));
  if (odd !== undefined) return refused(`systemd-run cannot be given the path ${odd}`);
  const first = await attempt(root, systemdRun, sandbox, request, signal);
  const isOlder = first.is === 'refused' && first.why.includes(OWN_PROCESSES.split('=')[0]!) && !request.olderSystemd;
  return isOlder ? attempt(root, systemdRun, sandbox, { ...request, olderSystemd: true }, signal) : first;
}

function pathsOf({ writable, readable, empty, hidden }: Sandbox): string[] {
  return [...[...writable, ...readable].flatMap(({ from, to }) => [from, to]), ...empty, ...hidden];
}

/** Ends a unit that a sandbox runs in, and everything in it. Does nothing where there is none. */
export async function endSandbox(root: Root, unit: string): Promise<void> {
  const words = [
    ['kill', '--signal=KILL', unit],
    ['stop', unit],
    ['reset-failed', unit],
  ];
  for (const each of words) await run(root, 'systemctl', each, { limit: PROGRAMS.unitState.limit }).catch(() => null);
}

async function attempt(
  root: Root,
  systemdRun: string,
  sandbox: Sandbox,
  request: { olderSystemd: boolean },
  signal?: AbortSignal,
): Promise<SandboxEnding> {
  if (signal?.aborted === true) return { is: 'stopped' };
  const unit = `${sandbox.unit}.service`;
  const { program, first } = ourselves();
  const properties = propertiesOf(sandbox, request.olderSystemd).map((property) => `--property=${property}`);
  const words = ['--quiet', '--wait', '--pipe', '--collect', '--service-type=exec', `--unit=${unit}`, ...properties];
  const child = spawn(systemdRun, [...words, '--', ...asWritten([program, ...first, SANDBOX_HELPER])], {
    cwd: '/',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let end: 'late' | 'stopped' | null = null;
  const giveUp = (why: 'late' | 'stopped') => {
    end ??= why;
    // The helper ends everything in the unit when its standard input ends.
    child.stdin!.destroy();
    void endSandbox(root, unit).then(() => child.kill('SIGKILL'));
  };
  const timer = setTimeout(() => giveUp('late'), sandbox.limit + AROUND);
  const onAbort = () => giveUp('stopped');
  signal?.addEventListener('abort', onAbort, { once: true });
  child.stdin!.on('error', () => {});
  child.stdin!.write(`${JSON.stringify(request)}\n`);
  const { code, stdout, stderr } = await outputOf(child, () => giveUp('late'));
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  child.stdin!.destroy();
  // Its main process has exited; what it has left behind is killed by systemd, which is waited for here.
  await endSandbox(root, unit);
  return end === null ? endingOf(code, stdout, stderr) : { is: end };
}

type Output = { code: number | null; stdout: string; stderr: string };

function outputOf(child: ChildProcess, tooMuch: () => void): Promise<Output> {
  return new Promise((resolve) => {
    const kept = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]!.setEncoding('utf8');
      child[name]!.on('data', (text: string) => {
        if (kept[name].length <= ANSWER_LIMIT) kept[name] += text;
        else tooMuch();
      });
    }
    child.once('error', (error) => resolve({ ...kept, code: null, stderr: errorCode(error) }));
    child.once('exit', (code) => {
      const done = () => resolve({ ...kept, code });
      // A process of the sandbox may hold the pipe open for the moment until it is killed.
      const late = setTimeout(() => {
        child.stdout!.destroy();
        child.stderr!.destroy();
        done();
      }, 500);
      child.once('close', () => {
        clearTimeout(late);
        done();
      });
    });
  });
}

function endingOf(code: number | null, stdout: string, stderr: string): SandboxEnding {
  const line = stdout.split('\n').find((each) => each.startsWith('{'));
  try {
    if (line !== undefined) return { is: 'answer', value: JSON.parse(line) };
  } catch {
    // It was cut off, or something else in the sandbox wrote it.
  }
  const words = said(stderr);
  if (/Unknown assignment/.test(stderr))
    return refused(`systemd is older than ${OLDEST_SYSTEMD} and cannot make the sandbox (${words})`);
  // systemd.exec(5), "Process exit codes": 200 and above are systemd's own, from before the program starts.
  if (code !== null && code >= 200 && code <= 245)
    return refused(`systemd cannot make the sandbox here (exit code ${code}${SETUP[code] ?? ''})`);
  return refused(
    `the sandbox ended without an answer (exit code ${code ?? 'none'}${words === null ? '' : `: ${words}`})`,
  );
}

const SETUP: Record<number, string> = {
  203: ', EXEC',
  218: ', CAPABILITIES',
  225: ', NETWORK',
  226: ', NAMESPACE',
  228: ', SECCOMP',
};

function refused(why: string): SandboxEnding {
  return { is: 'refused', why };
}
