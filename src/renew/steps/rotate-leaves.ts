import { readdir } from 'node:fs/promises';
import { CertagentError } from '../../domain/model/errors.ts';
import { backupOf } from '../../domain/plan/plan-parts.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { said } from '../../domain/text/printable.ts';
import { run } from '../../host/commands.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { list, nodePath, number, object, tag, text } from '../../host/shape.ts';
import { writtenAtStart } from '../backup/lasting-files.ts';
import { neverDone, restoring, type StepActor, type StepContext } from './actor.ts';

type Data = StepOf<'rotate-leaves'>;

export const rotateLeaves: StepActor<Data> = {
  schema: object({
    kind: tag('rotate-leaves'),
    program: text,
    argv: list(text),
    writes: list(nodePath),
    server: nodePath,
    limit: number,
  }),
  writes: ({ writes }) => writes,
  /** Also what certagent does not watch, because this version no longer uses it. */
  undo: async ({ writes }, { root, plan }) => {
    const backup = backupOf(plan);
    const others = backup === null ? [] : await writtenAtStart(root, backup);
    return restoring([...new Set([...writes, ...others])], plan);
  },
  // One that was cut short has left some of them: it can be repeated.
  isDone: neverDone,
  act,
};

/** Throws CertagentError ROTATE_FAILED. Whether the next start issues new certificates is verified after it. */
async function act({ program, argv, server, limit }: Data, { root }: StepContext): Promise<string> {
  const before = await directoriesIn(root, server);
  const result = await run(root, program, argv, { limit });
  if (result.exitCode !== 0) {
    const how = result.timedOut ? `did not finish within ${limit / 1000} s` : `exited with ${result.exitCode}`;
    const words = said(result.stderr);
    throw new CertagentError(
      'ROTATE_FAILED',
      `${program} ${argv.join(' ')} ${how}${words === null ? '' : `: ${words}`}`,
    );
  }
  const made = (await directoriesIn(root, server)).filter((name) => !before.includes(name));
  const copies = made.map((name) => `${server}/${name}`).join(', ');
  return copies === '' ? 'rotated' : `rotated; ${copies} holds the previous certificates with their private keys`;
}

async function directoriesIn(root: Root, server: string): Promise<string[]> {
  const names = await readdir(await followLinks(root, server)).catch((): string[] => []);
  return names.filter((name) => name.startsWith('tls-'));
}
