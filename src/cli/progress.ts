import type { Progress } from '../domain/model/journal.ts';
import { formatDuration, SECOND } from '../domain/time/duration.ts';
import type { Context } from './context.ts';
import { progressText } from './render/renewal-lines.ts';

/**
 * Shows a running plan: on a terminal one line that is drawn over, with the time since the step began; elsewhere a line
 * for each step's start and end. Everything goes to standard error, so that the result can be piped.
 */
export function progressLine({ stderr }: Pick<Context, 'stderr'>): { show(progress: Progress): void; end(): void } {
  return stderr.isTTY ? drawnOver(stderr) : lines(stderr);
}

function drawnOver(out: NodeJS.WriteStream): { show(progress: Progress): void; end(): void } {
  let last: Progress | null = null;
  let since = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    if (last === null) return;
    const waited = Date.now() - since;
    const text = progressText(last, waited < 2 * SECOND ? '' : formatDuration(waited));
    out.write(`\r\u001b[2K${text.slice(0, (out.columns || 80) - 1)}`);
  };
  return {
    show(progress) {
      if (progress.step !== last?.step) since = Date.now();
      last = progress;
      draw();
      // What went wrong stays on the screen.
      if (progress.state === 'failed' || progress.state === 'undone') out.write('\n');
      timer ??= setInterval(draw, SECOND);
    },
    end() {
      clearInterval(timer);
      if (last !== null) out.write('\r\u001b[2K');
      last = null;
    },
  };
}

function lines(out: NodeJS.WriteStream): { show(progress: Progress): void; end(): void } {
  return {
    show({ step, steps, title, state, detail }) {
      const number = `[${String(step + 1).padStart(String(steps).length)}/${steps}]`;
      if (state === 'started') out.write(`${number} ${title}\n`);
      // The line above has the title of a step that is done, but not of one that is undone.
      else if (state === 'done') out.write(`${' '.repeat(number.length)} done${detail === '' ? '' : `: ${detail}`}\n`);
      else if (state !== 'waiting') out.write(`${number} ${state}: ${title}${detail === '' ? '' : ` (${detail})`}\n`);
    },
    end() {},
  };
}
