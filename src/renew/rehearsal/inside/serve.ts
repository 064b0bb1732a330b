import { statfsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { explain } from '../../../domain/model/errors.ts';
import { short } from '../../../domain/text/printable.ts';
import { whyNotConfined } from './confined.ts';
import { GroupMemory } from './control-group.ts';
import type { InsideAnswer, InsideRequest } from './request.ts';

/** Bytes that stay free on the disk of the copy, whatever the tool writes. */
const RESERVE = 128 * 1024 * 1024;
const INTERVAL = 250;

/**
 * The helper in the sandbox: sees that it is one, runs the real tool on the copy, asks what it serves, and answers with one line.
 * When its standard input ends, certagent is gone: it exits at once, and with it everything that it has started.
 */
export async function serve(): Promise<void> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
  lines.once('close', () => process.exit(1));
  const [line] = (await lines[Symbol.asyncIterator]()
    .next()
    .then(({ value }) => [value])) as [string | undefined];
  if (line === undefined) return;
  const request = JSON.parse(line) as InsideRequest;
  const memory = new GroupMemory(request.memory);
  const watch = setInterval(() => leaveRoom(request.copy), INTERVAL);
  const answer = await answerTo(request, memory).catch((error): InsideAnswer => impossible(short(explain(error))));
  clearInterval(watch);
  finish(answer);
}

async function answerTo(request: InsideRequest, memory: GroupMemory): Promise<InsideAnswer> {
  const why = request.confinement === null ? null : whyNotConfined(request.confinement, request.olderSystemd);
  if (why !== null) return impossible(why);
  return request.task.kind === 'start'
    ? (await import('./run-server.ts')).runServer(request.task, request, memory)
    : (await import('./run-kubeadm.ts')).runKubeadm(request.task, request, memory);
}

function leaveRoom(copy: string): void {
  try {
    const { bavail, bsize } = statfsSync(copy);
    if (bavail * bsize < RESERVE) finish(impossible('the disk of the copy is nearly full'));
  } catch {
    // Then it cannot be written either.
  }
}

let isFinished = false;

/** Exits when the line is out: with the helper, all that still runs in the sandbox ends. */
function finish(answer: InsideAnswer): void {
  if (isFinished) return;
  isFinished = true;
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}

function impossible(why: string): InsideAnswer {
  return { kind: 'impossible', why };
}
