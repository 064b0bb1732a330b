import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import { HOOK_EVENTS } from '../../domain/model/hook.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { said, short } from '../../domain/text/printable.ts';
import type { CommandResult } from '../../host/commands.ts';
import { hookProgram } from '../../host/hook-program.ts';
import { flag, list, nodePath, number, object, tag, text, word } from '../../host/shape.ts';
import { endTransient, runTransient } from '../../host/transient-service.ts';
import { stopwatch } from '../wait.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';

type RunHookStep = StepOf<'run-hook'>;

export const runHook: StepActor<RunHookStep> = {
  schema: object({
    kind: tag('run-hook'),
    on: word(HOOK_EVENTS),
    command: list(text),
    user: text,
    limit: number,
    node: text,
    certificates: list(text),
    files: list(nodePath),
    isRequired: flag,
  }),
  writes: noFiles,
  undo: noUndo,
  // Nobody knows what it has done: after a kill it runs again.
  isDone: neverDone,
  act,
};

/** Throws CertagentError HOOK_REFUSED or HOOK_FAILED. */
async function act(step: RunHookStep, context: StepContext): Promise<string> {
  const { root, plan, says = () => {}, resumed } = context;
  const [named = '', ...words] = step.command;
  const program = await hookProgram(root, named);
  if ('refused' in program)
    throw new CertagentError('HOOK_REFUSED', `the hook ${named} is not run: ${program.refused}`);
  const unit = `certagent-hook-${plan.id}-${plan.steps.indexOf(step) + 1}`;
  // The one that a killed certagent has left behind does not run beside the new one.
  if (resumed === true) await endTransient(root, unit);
  const elapsed = stopwatch();
  const result = await runTransient(root, {
    unit,
    description: `certagent: hook ${step.on} of the renewal ${plan.id}`,
    command: [program.path, ...words],
    user: step.user,
    environment: environmentOf(step, context),
    limit: step.limit,
  }).catch((error: unknown) => {
    throw new CertagentError('HOOK_FAILED', `the hook ${named} could not be started: ${explain(error)}`, {
      cause: error,
      remedy: errorCode(error) === 'COMMAND_MISSING' ? 'Hooks need systemd-run, and the system bus (dbus).' : '',
    });
  });
  for (const line of outputOf(result)) says(line);
  if (result.exitCode === 0) return `exited with 0 after ${elapsed()}`;
  const reason = said(result.stderr) ?? said(result.stdout);
  throw new CertagentError(
    'HOOK_FAILED',
    `the hook ${named} ${endingOf(result, step, elapsed())}${reason === null ? '' : `: ${reason}`}`,
  );
}

function environmentOf(step: RunHookStep, { plan, failure }: StepContext): Record<string, string> {
  return {
    CERTAGENT_EVENT: step.on,
    CERTAGENT_PLAN: plan.id,
    CERTAGENT_NODE: step.node,
    CERTAGENT_DISTRIBUTION: plan.distribution,
    CERTAGENT_CERTIFICATES: step.certificates.join('\n'),
    CERTAGENT_RENEWED_FILES: step.on === 'renewed' ? step.files.join('\n') : '',
    ...(failure === undefined
      ? {}
      : { CERTAGENT_RESULT: failure.result, CERTAGENT_ERROR: failure.code, CERTAGENT_MESSAGE: short(failure.message) }),
  };
}

function endingOf({ exitCode, signal, timedOut }: CommandResult, { limit }: RunHookStep, elapsed: string): string {
  if (timedOut || Number.parseFloat(elapsed) * 1_000 >= limit) return `did not finish within ${limit / 1_000} s`;
  return exitCode === null ? `was ended by ${signal} after ${elapsed}` : `exited with ${exitCode} after ${elapsed}`;
}

const LINES = 50;
const LINE_LIMIT = 400;

/** What it printed, each line printable and of bounded length, and not too many of them. */
function outputOf({ stdout, stderr }: CommandResult): string[] {
  const lines = [...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line.trim() !== '');
  const shown = lines.slice(0, LINES).map((line) => short(line, LINE_LIMIT));
  return lines.length > LINES ? [...shown, `… and ${lines.length - LINES} more lines`] : shown;
}
