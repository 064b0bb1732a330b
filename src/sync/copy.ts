import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Source } from './admin-kubeconfig.ts';
import { isSameIdentity, judgeCopy, type Permit } from './judge.ts';
import type { Answer, SeenCertificate } from './messages.ts';
import { observedIn } from './observed.ts';
import type { CopyHelper } from './spawn.ts';
import type { Target } from './targets.ts';

/** `dryRun`: what would be written is `pending`. `permit`: see `judgeCopy`. */
export type CopyRules = { dryRun: boolean; permit: Permit };

/** Brings one copy up to date by asking its helper. */
export async function syncCopy(
  target: Target,
  source: Source,
  helper: CopyHelper,
  { dryRun, permit }: CopyRules,
): Promise<CopyOutcome> {
  const { path, user, at } = target;
  const outcome = (found: Found, read: Answer): CopyOutcome => ({
    path,
    user,
    ...found,
    certificates: 'certificates' in read && read.file ? observedIn(path, read.certificates ?? [], read.file) : [],
  });
  const read = await helper.ask({ do: 'read', at, tidy: !dryRun });
  const todo = todoFor(target, source, read, permit);
  if (!('ask' in todo)) return outcome(todo, read);
  if (dryRun) {
    const tried = todo.ask.do === 'replace' ? await helper.ask({ ...todo.ask, dryRun: true }) : null;
    if (tried !== null && tried.is !== 'done') return outcome(unwritten(tried, source), read);
    return outcome({ result: 'pending', detail: `would be ${todo.result}: ${todo.detail}` }, read);
  }
  const written = await helper.ask(todo.ask);
  if (written.is !== 'done') return outcome(unwritten(written, source), read);
  const detail = written.note === '' ? todo.detail : `${todo.detail}; ${written.note}`;
  return outcome({ result: todo.result, detail }, await helper.ask({ do: 'read', at, tidy: false }));
}

type Found = Pick<CopyOutcome, 'result' | 'detail'>;
type ToWrite = Found & { ask: Parameters<CopyHelper['ask']>[0] };

function todoFor({ at, create }: Target, source: Source, read: Answer, permit: Permit): Found | ToWrite {
  if (read.is === 'absent')
    return create
      ? { result: 'created', detail: `from ${source.path}`, ask: { do: 'create', at, content: source.text } }
      : gone();
  if (read.is !== 'read') return unwritten(read, source);
  const { result, detail, values } = judgeCopy(read.content, source, permit);
  if (result === 'update')
    return { result: 'updated', detail, ask: { do: 'replace', at, version: read.version, values } };
  const inFiles = read.certificates.filter(({ from }) => from === 'file');
  if (result === 'left' && isBehind(inFiles, source))
    return {
      result: 'refused',
      detail: 'names files for its certificate and key: certagent updates embedded ones only',
    };
  return { result, detail };
}

function unwritten(answer: Answer, source: Source): Found {
  if (answer.is === 'absent') return gone();
  if (answer.is === 'done' || answer.is === 'read' || answer.is === 'files')
    return { result: 'failed', detail: 'its helper process gave an answer that makes no sense' };
  if (answer.is === 'left' && isBehind(answer.certificates ?? [], source))
    return { result: 'refused', detail: `${answer.why}, and holds an older certificate of this node` };
  return { result: answer.is, detail: answer.why };
}

/** Left in silence, it would expire without anybody knowing. */
function isBehind(certificates: SeenCertificate[], source: Source): boolean {
  return certificates.some(
    ({ certificate }) =>
      isSameIdentity(certificate, source.certificate) && certificate.notAfter < source.certificate.notAfter,
  );
}

const gone = (): Found => ({ result: 'left', detail: 'does not exist any more' });
