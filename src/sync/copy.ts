import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Source } from './admin-kubeconfig.ts';
import { judgeCopy } from './judge.ts';
import type { Answer } from './messages.ts';
import { observedIn } from './observed.ts';
import type { CopyHelper } from './spawn.ts';
import type { Target } from './targets.ts';

/** Brings one copy up to date by asking its helper. With `dryRun` what would be written is `pending`. */
export async function syncCopy(
  target: Target,
  source: Source,
  helper: CopyHelper,
  dryRun: boolean,
): Promise<CopyOutcome> {
  const { path, user, at } = target;
  const told = (found: Found, read: Answer): CopyOutcome => ({
    path,
    user,
    ...found,
    certificates: read.is === 'read' ? observedIn(path, read) : [],
  });
  const read = await helper.ask({ do: 'read', at, tidy: !dryRun });
  const todo = todoFor(target, source, read);
  if (!('ask' in todo)) return told(todo, read);
  if (dryRun) return told({ result: 'pending', detail: `would be ${todo.result}: ${todo.detail}` }, read);
  const written = await helper.ask(todo.ask);
  if (written.is !== 'done') return told(unwritten(written), read);
  const detail = written.note === '' ? todo.detail : `${todo.detail}; ${written.note}`;
  return told({ result: todo.result, detail }, await helper.ask({ do: 'read', at, tidy: false }));
}

type Found = Pick<CopyOutcome, 'result' | 'detail'>;
type ToWrite = Found & { ask: Parameters<CopyHelper['ask']>[0] };

function todoFor({ at, create }: Target, source: Source, read: Answer): Found | ToWrite {
  if (read.is === 'absent')
    return create
      ? { result: 'created', detail: `from ${source.path}`, ask: { do: 'create', at, content: source.text } }
      : gone();
  if (read.is !== 'read') return unwritten(read);
  const { result, detail, values } = judgeCopy(read.content, source);
  if (result !== 'update') return { result, detail };
  return { result: 'updated', detail, ask: { do: 'replace', at, version: read.version, values } };
}

function unwritten(answer: Answer): Found {
  if (answer.is === 'absent') return gone();
  if (answer.is === 'done' || answer.is === 'read')
    return { result: 'failed', detail: 'its helper process answered nonsense' };
  return { result: answer.is, detail: answer.why };
}

const gone = (): Found => ({ result: 'left', detail: 'is not there any more' });
