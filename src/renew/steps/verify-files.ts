import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { day } from '../../domain/time/day.ts';
import { syncFile } from '../../host/files.ts';
import { list, object, tag } from '../../host/shape.ts';
import { acceptAuthorities } from '../backup/authorities.ts';
import { checkRenewed } from '../verify/check-renewed.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';
import { expectation } from './step-shapes.ts';

export const verifyFiles: StepActor<StepOf<'verify-files'>> = {
  schema: object({ kind: tag('verify-files'), expect: list(expectation) }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act: verify,
};

async function verify({ expect: expected }: StepOf<'verify-files'>, { root, plan }: StepContext): Promise<string> {
  const expiries: number[] = [];
  for (const expect of expected) {
    expiries.push((await checkRenewed(root, expect)).notAfter);
    // kubeadm and K3s do not sync: a power loss a little later would leave empty files.
    for (const path of new Set([expect.path, expect.keyPath])) await syncFile(root.at(path));
  }
  await acceptAuthorities(root, plan);
  if (expiries.length === 0) return 'nothing to verify';
  const noun = expiries.length === 1 ? 'certificate' : 'certificates';
  return `${expiries.length} ${noun}; the first expires ${day(Math.min(...expiries))}`;
}
