import type { Rehearsal } from '../../domain/model/rehearsal.ts';
import type { Rehearsed } from '../../domain/model/rehearsal-report.ts';
import { curedRehearsal, judgeRehearsal } from '../../domain/plan/judge-rehearsal.ts';
import type { Root } from '../../host/root.ts';
import type { RehearseOptions } from './options.ts';
import { rehearse } from './run-rehearsal.ts';

/** Rehearses; where the start waits for its own expired listener, once more with the file that is known to cure that. */
export async function rehearseWithCure(
  root: Root,
  { rehearsal, cure }: { rehearsal: Rehearsal; cure: string | null },
  options: RehearseOptions,
): Promise<Rehearsed> {
  const first = await rehearse(root, rehearsal, options);
  const cured = curedRehearsal(rehearsal, cure, first);
  if (cured === null) return { results: [first], cure: null, judgement: judgeRehearsal(rehearsal, first) };
  options.waiting('it would wait for its own expired listener; once more with the file that cures that');
  const second = await rehearse(root, cured, options);
  return { results: [first, second], cure, judgement: judgeRehearsal(cured, second) };
}
