import { CertagentError } from '../../domain/model/errors.ts';
import { parseDuration, SECOND } from '../../domain/time/duration.ts';
import { askNode } from '../ask.ts';
import { type Context, coloured, usage } from '../context.ts';
import { LEVELS } from '../levels.ts';
import { showOwnLog } from '../standalone.ts';

export async function run(context: Context): Promise<number> {
  const { options, output, stdout } = context;
  const priority = options.priority === undefined ? undefined : levelOf(String(options.priority));
  const period =
    options.plan === undefined
      ? { since: sinceOf(String(options.since)) }
      : await periodOf(context, String(options.plan));
  return showOwnLog(context, {
    ...period,
    follow: options.follow === true,
    ...(priority === undefined ? {} : { priority }),
    json: output === 'json',
    coloured: coloured(true, stdout),
  });
}

/** "2h" and "7d" mean that long ago; the rest is journalctl's. */
function sinceOf(text: string): string {
  const duration = parseDuration(text);
  return duration === null ? text : `-${duration / SECOND}s`;
}

function levelOf(text: string): string {
  const level = /^[0-7]$/.test(text) ? text : LEVELS.find((one) => one === text.toLowerCase());
  if (level !== undefined) return level;
  throw usage(`there is no priority ${JSON.stringify(text)}`, `Use -p ${LEVELS.join(', ')}, or 0 to 7.`);
}

/** From the beginning of a plan until shortly after its end, which is logged when it is over. */
async function periodOf(context: Context, plan: string): Promise<{ since: string; until?: string }> {
  const { answer } = await askNode(context, (node) => node.history());
  const attempt = answer.attempts.find(({ planId }) => planId === plan);
  if (attempt === undefined) throw new CertagentError('PLAN_UNKNOWN', `the journal holds no plan ${plan}`);
  const { startedAt, endedAt } = attempt;
  return {
    since: `@${Math.floor(startedAt / SECOND) - BEFORE}`,
    ...(endedAt === null ? {} : { until: `@${Math.ceil(endedAt / SECOND) + AFTER}` }),
  };
}

/** Seconds: what was decided before, and what was reported afterwards. */
const BEFORE = 5;
const AFTER = 30;
