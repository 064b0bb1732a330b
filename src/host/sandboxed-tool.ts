import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { short } from '../domain/text/printable.ts';

/** As many lines as certagent reads of a unit's journal. */
const LINES = 300;
const LINE_LIMIT = 1_000;

export type Tool = {
  /** Its last lines, oldest first, each printable and of bounded length. */
  log: string[];
  /** What it ended with; null: it runs. */
  ending(): { code: number | null; signal: string | null } | null;
  ended: Promise<void>;
  kill(): void;
};

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/bin:/var/lib/rancher/rke2/bin';

/**
 * Starts the real tool. `olderSystemd`: with unshare, so that it has processes of its own all the same, and without
 * the right by which unshare could do that.
 */
export function startTool(
  { program, argv, environment }: { program: string; argv: string[]; environment: Record<string, string> },
  { olderSystemd, isImage }: { olderSystemd: boolean; isImage: boolean },
): Tool {
  const words = olderSystemd && !isImage ? [...UNSHARED, program, ...argv] : [program, ...argv];
  const child = spawn(words[0]!, words.slice(1), {
    cwd: '/',
    env: { ...(isImage ? process.env : {}), PATH, HOME: '/tmp', LANG: 'C', LC_ALL: 'C', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  let ending: { code: number | null; signal: string | null } | null = null;
  keepLines(child, log);
  preferInNeed(child);
  const ended = new Promise<void>((resolve) => {
    const end = (code: number | null, signal: string | null) => {
      ending ??= { code, signal };
      resolve();
    };
    child.once('error', () => end(127, null));
    child.once('exit', end);
  });
  return { log, ending: () => ending, ended, kill: () => void child.kill('SIGKILL') };
}

const UNSHARED = ['unshare', '--pid', '--fork', '--kill-child'];
UNSHARED.push('setpriv', '--bounding-set=-sys_admin,-setpcap', '--inh-caps=-sys_admin,-setpcap', '--');

/** The output may have no line ends, or no end at all. */
function keepLines(child: ChildProcess, log: string[]): void {
  for (const stream of [child.stdout!, child.stderr!]) {
    let open = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = `${open}${text}`.split('\n');
      open = lines.pop()!.slice(0, LINE_LIMIT);
      for (const line of lines) if (line.trim() !== '') log.push(short(line, LINE_LIMIT));
      log.splice(0, log.length - LINES);
    });
    stream.on('end', () => {
      if (open.trim() !== '') log.push(short(open, LINE_LIMIT));
    });
    stream.on('error', () => {});
  }
}

/** When memory runs out the tool is to be killed, not the helper that reports it. */
function preferInNeed({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It has exited, or /proc does not show it: the kernel chooses.
  }
}
