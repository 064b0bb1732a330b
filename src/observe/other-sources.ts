import { glob } from 'node:fs/promises';
import type { Finding } from '../domain/model/inventory.ts';
import type { Root } from '../host/root.ts';
import { type Source, source } from './source.ts';

const MATCH_LIMIT = 10_000;
const VISIT_LIMIT = 200_000;

/** The paths and patterns of `watch.paths`, at most 10,000 files. `alive`: called from time to time. */
export async function watchedSources(
  root: Root,
  paths: string[],
  known: Set<string>,
  alive: () => void = () => {},
): Promise<{ sources: Source[]; findings: Finding[] }> {
  const sources = new Map<string, Source>();
  const findings: Finding[] = [];
  for (const path of paths) {
    const isPattern = /[*?[{]/.test(path);
    const found = isPattern ? await expand(root, path, alive) : { files: [path], cut: false };
    if (found.files.length === 0) findings.push(about(path, 'missing', 'no file matches this pattern'));
    if (found.cut)
      findings.push(about(path, 'io-error', `matches too much: the first ${found.files.length} files are watched`));
    for (const file of found.files) {
      if (known.has(file) || sources.has(file)) continue;
      sources.set(file, watched(file, isPattern ? 'keys-too' : 'required'));
    }
  }
  return { sources: [...sources.values()], findings };
}

function watched(path: string, presence: Source['presence']): Source {
  const key = /\.(crt|cer|pem)$/.test(path) ? { path: path.replace(/\.[a-z]+$/, '.key'), expected: false } : null;
  return source({ id: path, path, format: 'any', owner: 'operator', key, presence });
}

export function about(path: string, reason: Finding['reason'], detail: string): Finding {
  return { path, id: null, owner: 'operator', reason, detail };
}

/** Files that match, sorted; `cut` when there were more than the limit. Directories that cannot be read hold nothing. */
async function expand(root: Root, pattern: string, alive: () => void): Promise<{ files: string[]; cut: boolean }> {
  const files: string[] = [];
  let visited = 0;
  let cut = false;
  const entries = glob(pattern.slice(1), {
    cwd: root.isMachine ? '/' : root.prefix,
    withFileTypes: true,
    // Checked for every entry: past the limit no directory is entered, so a "**" at the root finishes too.
    exclude: () => {
      visited += 1;
      if (visited % 1_000 === 0) alive();
      return visited > VISIT_LIMIT;
    },
  });
  try {
    for await (const entry of entries) {
      if (entry.isDirectory()) continue;
      if (files.length === MATCH_LIMIT) {
        cut = true;
        break;
      }
      files.push(root.own(`${entry.parentPath.replace(/\/$/, '')}/${entry.name}`));
    }
  } catch {
    cut = true;
  }
  return { files: files.sort(), cut: cut || visited > VISIT_LIMIT };
}
