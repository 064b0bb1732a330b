import type { ChildProcess } from 'node:child_process';
import { type Reply, spawnHelper, startHelperProcess } from '../host/helper-process.ts';
import { PROGRAMS } from '../host/programs.ts';
import { COPIES_HELPER } from '../host/self.ts';
import type { Answer, Hello, Request } from './messages.ts';

/**
 * `ask` never throws: a helper that dies or does not answer in time is a `failed` answer. `stuck`: its process, after it
 * did not answer in time.
 */
export type CopyHelper = { ask(request: Request): Promise<Answer>; end(): void; stuck?(): ChildProcess | null };

/** A home on a network file system that does not answer, or a file made to keep the parser busy. Milliseconds. */
const LIMIT = PROGRAMS.copiesHelper.limit;

/**
 * Starts a helper process that becomes `hello.identity`. Secrets go over its standard input, nothing over arguments.
 * `child`: its process, for tests that kill it or interfere with it.
 */
export function startHelper(hello: Hello, child: ChildProcess = spawnHelper(COPIES_HELPER)): CopyHelper {
  const helper = startHelperProcess(child, hello.identity);
  let silent = false;
  helper.tell(hello);
  return {
    async ask(request) {
      const reply = await helper.ask(request, LIMIT);
      silent ||= reply.is === 'silent';
      return reply.is === 'answer' ? (reply.value as Answer) : { is: 'failed', why: WHY[reply.is] };
    },
    end: () => helper.end(),
    stuck: () => (silent ? child : null),
  };
}

const WHY: Record<Exclude<Reply['is'], 'answer'>, string> = {
  silent: 'did not answer within 20 s',
  ended: 'could not be read: its helper process exited early',
  'not-started': 'could not be read: its helper process did not start',
  nonsense: 'could not be read: its helper process gave an answer that makes no sense',
};
