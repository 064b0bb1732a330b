// Tests that take minutes run when a branch changes what they try. `npm run test:long` runs them always.
import { PROJECT } from '../../build/project.ts';
import { run } from '../../build/run.ts';

/** Branches that this one may be merged into, the most likely first. */
const TARGETS = ['origin/HEAD', 'origin/main', 'main'];

/**
 * For `skip`: why a long test is left out, or false. It runs when the files under `paths` differ from the merge base with
 * the main branch, committed or not. On the main branch itself nothing differs: there, it is left out.
 */
export function leftOut(...paths: string[]): string | false {
  if (process.env.CERTAGENT_LONG === '1') return false;
  const base = mergeBase();
  if (base === null) return 'no main branch to compare with: npm run test:long runs this test';
  const changed = git('diff', '--name-only', base, '--', ...paths) ?? '';
  return changed === '' && `${paths.join(', ')} are as on the main branch: npm run test:long runs this test`;
}

function mergeBase(): string | null {
  for (const target of TARGETS) {
    const base = git('merge-base', 'HEAD', target);
    if (base !== null) return base;
  }
  return null;
}

/** What git prints; null when it fails. */
function git(...words: string[]): string | null {
  try {
    return run('git', words, { cwd: PROJECT }).trim();
  } catch {
    return null;
  }
}
