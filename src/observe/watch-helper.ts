import { createInterface } from 'node:readline';
import { Root } from '../host/root.ts';
import { watchedSources } from './other-sources.ts';
import { readSources } from './read-sources.ts';
import type { WatchAnswer, WatchRequest } from './read-watched.ts';

/** Files that are read together; after each batch the helper shows that it is alive. */
const BATCH = 500;

/**
 * The helper process that reads what `watch.paths` names: other file systems than the node's own, which may never answer.
 * What it read goes out as progress.
 */
export async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const { prefix, path, known } = JSON.parse(line) as WatchRequest;
    const root = new Root(prefix);
    const { sources, findings } = await watchedSources(root, [path], new Set(known), () => send('+1'));
    for (let start = 0; start < sources.length; start += BATCH) {
      const reads = await readSources(root, sources.slice(start, start + BATCH));
      for (const read of reads) send(`+${JSON.stringify(read)}`);
    }
    send(JSON.stringify({ findings } satisfies WatchAnswer));
  }
}

const send = (line: string) => process.stdout.write(`${line}\n`);
