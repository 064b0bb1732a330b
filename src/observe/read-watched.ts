import type { Finding } from '../domain/model/inventory.ts';
import { spawnHelper, startHelperProcess } from '../host/helper-process.ts';
import { PROGRAMS } from '../host/programs.ts';
import type { Root } from '../host/root.ts';
import { WATCH_HELPER } from '../host/self.ts';
import { isSilent, noteSilence } from '../host/silent.ts';
import { about } from './other-sources.ts';
import { readNear } from './read-near.ts';
import type { SourceRead } from './source.ts';

export type WatchRequest = { prefix: string; path: string; known: string[] };
export type WatchAnswer = { findings: Finding[] };

/** Milliseconds without progress after which the file system of a path counts as silent. */
const PATIENCE = PROGRAMS.watchHelper.limit;

/**
 * Reads the paths and patterns that an operator wants watched, but for the files that are `known` already. What is not near
 * is read by a helper process: when a file system does not answer, that is one finding, and the process is left behind.
 */
export async function readWatched(
  root: Root,
  paths: string[],
  known: Set<string>,
): Promise<{ reads: SourceRead[]; findings: Finding[] }> {
  const reads = new Map<string, SourceRead>();
  const findings: Finding[] = [];
  let running: Running | null = null;
  const take = (read: SourceRead) => {
    const { path } = read.source;
    if (!known.has(path) && !reads.has(path)) reads.set(path, read);
  };
  for (const path of paths) {
    const place = `watch ${root.at(path)}`;
    if (isSilent(place)) {
      findings.push(about(path, 'io-error', SILENT));
      continue;
    }
    const near = await readNear(root, path, new Set([...known, ...reads.keys()]));
    if (near !== null) {
      near.reads.forEach(take);
      findings.push(...near.findings);
      continue;
    }
    running ??= start();
    const request: WatchRequest = { prefix: root.prefix, path, known: [...known, ...reads.keys()] };
    const reply = await running.helper.ask(request, PATIENCE, (progress) => {
      if (typeof progress === 'object') take(revived(progress as SourceRead));
    });
    if (reply.is === 'answer') findings.push(...(reply.value as WatchAnswer).findings);
    else {
      findings.push(about(path, 'io-error', reply.is === 'silent' ? SILENT : 'the process that reads it exited'));
      if (reply.is === 'silent') noteSilence(place, running.child);
      running.helper.end();
      running = null;
    }
  }
  running?.helper.end();
  return { reads: [...reads.values()], findings };
}

/** JSON turns a Buffer into an object. */
function revived(read: SourceRead): SourceRead {
  return { ...read, certificates: read.certificates?.map((each) => ({ ...each, der: Buffer.from(each.der) })) ?? [] };
}

type Running = { child: ReturnType<typeof spawnHelper>; helper: ReturnType<typeof startHelperProcess> };

function start(): Running {
  const child = spawnHelper(WATCH_HELPER);
  return { child, helper: startHelperProcess(child) };
}

const SILENT = 'its file system does not answer';
