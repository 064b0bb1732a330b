import { readGuarded } from './guarded.ts';
import { changed, replaceGuarded } from './guarded-write.ts';
import { removeLeftovers } from './leftover-files.ts';
import type { Answer, BesideFile } from './messages.ts';

// Certificate and key that a kubeconfig names as files beside it. In the helper, as their owner.

export function readBesides(directory: string, names: string[]): Answer {
  const files = names.map((name) => {
    const { bytes, version } = readGuarded(directory, name);
    return { name, version, data: bytes.toString('base64') };
  });
  return { is: 'files', files };
}

/** In the given order; before the first is replaced, all are as they were read. */
export function replaceBesides(directory: string, files: BesideFile[]): Answer {
  for (const { name } of files) removeLeftovers(directory, name);
  const present = files.map(({ name, version }) => {
    const file = readGuarded(directory, name);
    if (file.version !== version) throw changed();
    return file;
  });
  const notes = files.map(({ name, data }, index) =>
    replaceGuarded(directory, name, present[index]!, Buffer.from(data, 'base64')),
  );
  return { is: 'done', note: notes.find((note) => note !== '') ?? '' };
}
