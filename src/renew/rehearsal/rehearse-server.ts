import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { startReason } from '../../domain/distributions/start-reasons.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { RehearsalResult, ServerRehearsal } from '../../domain/model/rehearsal.ts';
import { day } from '../../domain/time/day.ts';
import { findCommand } from '../../host/commands.ts';
import { Root } from '../../host/root.ts';
import { type UnitFile, unitsThatRun } from '../../host/unit-files.ts';
import type { ServerAnswer } from './inside/request.ts';
import { ask, measured } from './inside-answer.ts';
import { judgeCopy } from './judge-copy.ts';
import { nodeAddresses } from './node-network.ts';
import type { RehearseOptions } from './options.ts';
import type { Place } from './place.ts';
import { copyServer, type ServerCopy } from './server-copy.ts';

/** One start of the server on a copy, in `place`. */
export async function rehearseServer(
  root: Root,
  rehearsal: ServerRehearsal,
  place: Place,
  { now, waiting, signal, keep }: RehearseOptions,
): Promise<RehearsalResult> {
  const startedAt = performance.now();
  const beganAt = now();
  const { unit, program, health, kubeconfig, listener, settle, limit, memory, certificates, authorities } = rehearsal;
  const file = (await unitsThatRun(root, { names: [unit], enabled: new Set() }, program))[0];
  const path = await programOf(root, program, file);
  if (file === undefined || path === null)
    return impossible(`${program} or the command line of its unit ${unit} was not found`);
  const isEtcd = rehearsal.datastore === 'etcd';
  const argv = [...(isEtcd ? withoutServer(file.argv) : file.argv).slice(1), '--disable-agent'];
  waiting('for the copy');
  const copy = await copyServer(root, place, rehearsal, signal);
  waiting(`for ${program} on the copy`);
  const answer = await ask(root, place, {
    network: 'none',
    writable: copy.writable,
    readable: copy.readable,
    memory,
    // The helper itself ends each start at `limit`, after what it starts with and what it asks at the end.
    limit: (isEtcd ? 2 * limit : limit) + AROUND,
    task: {
      kind: 'start',
      program: path,
      argv,
      alone: isEtcd ? [...argv, '--cluster-reset'] : null,
      environment: environmentOf(file, isEtcd),
      addresses: nodeAddresses(),
      database: copy.database === null || root.isMachine ? copy.database : `${place.image}${copy.database}`,
      health,
      kubeconfig,
      listener: { host: listener.host, port: listener.port },
      settle,
      limit,
    },
    signal,
  });
  if (answer.kind !== 'start')
    return impossible(answer.kind === 'impossible' ? answer.why : 'the helper answered something else');
  const outside = answer.readyAfter === null ? writtenOutside(answer.log, copy) : null;
  if (outside !== null) return impossible(`it writes to ${outside}, of which there is no copy`);
  const judged = await judgeCopy(root, new Root(place.image), { certificates, authorities }, beganAt);
  const isGood = answer.readyAfter !== null && judged.certificates.every(({ problem }) => problem === null);
  if (isGood) await keep?.(new Root(place.image));
  return {
    kind: 'start',
    readyAfter: answer.readyAfter,
    ending: answer.ending,
    limitReached: answer.limitReached,
    reason: answer.readyAfter === null ? startReason(answer.log) : null,
    ...judged,
    kubeconfig: answer.kubeconfig,
    listener: answer.readyAfter === null ? null : listenerProblem(answer, now()),
    measures: measured(root, { startedAt, copied: copy.bytes, answer }),
  };
}

/** Milliseconds that the helper takes besides the tool: it starts, checks the database, asks. */
const AROUND = 60_000;

/** As its unit names it, else as it is found on the node. */
async function programOf(root: Root, program: string, file: UnitFile | undefined): Promise<string | null> {
  const named = file?.argv[0] ?? '';
  if (root.isMachine && named.startsWith('/') && basename(named) === program && existsSync(named)) return named;
  return findCommand(root, program);
}

/** What systemd gives a service, and what belongs to the live one. */
const OF_SYSTEMD = /^(?:NOTIFY_SOCKET|WATCHDOG_|LISTEN_|CREDENTIALS_|INVOCATION_ID|JOURNAL_STREAM|MAINPID)/;

function environmentOf({ environment }: UnitFile, isEtcd: boolean): Record<string, string> {
  const isKept = (name: string) => !OF_SYSTEMD.test(name) && !(isEtcd && name === 'K3S_URL');
  return Object.fromEntries([...environment].filter(([name]) => isKept(name)));
}

/** A copy of an etcd member joins nobody. */
function withoutServer(argv: readonly string[]): string[] {
  const isOption = (word: string | undefined) => word !== undefined && /^(?:--?server|-s)$/.test(word);
  return argv.filter((word, at) => !isOption(word) && !isOption(argv[at - 1]) && !/^--?server=/.test(word));
}

/** A start that fails because the sandbox is read-only elsewhere says nothing of a real start. */
function writtenOutside(log: readonly string[], { writable, readable }: ServerCopy): string | null {
  const isCopied = (path: string) =>
    writable.some(({ to }) => path === to || path.startsWith(`${to}/`)) || readable.some(({ to }) => path === to);
  for (const line of log) {
    const path = /(\/[\w./-]{1,300}): read-only file system/.exec(line)?.[1];
    if (path !== undefined && !isCopied(path)) return path;
  }
  return null;
}

function listenerProblem({ served }: ServerAnswer, now: number): string | null {
  if (served === null) return 'it served no certificate';
  try {
    const { validFromDate, validToDate } = new X509Certificate(Buffer.from(served, 'base64'));
    if (validToDate.getTime() <= now) return `it served a certificate that expired ${day(validToDate.getTime())}`;
    if (validFromDate.getTime() > now)
      return `it served a certificate that is valid from ${day(validFromDate.getTime())}`;
    return null;
  } catch (cause) {
    throw new CertagentError('BAD_CERTIFICATE', 'what the listener served in the sandbox is not a certificate', {
      cause,
    });
  }
}

function impossible(why: string): RehearsalResult {
  return { kind: 'impossible', why };
}
