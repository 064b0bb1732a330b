import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import type { Stage } from './support.ts';

const EXECUTE = `
  import { execute } from ${JSON.stringify(new URL('../../src/renew/engine/execute.ts', import.meta.url))};
  import { recover } from ${JSON.stringify(new URL('../../src/renew/engine/recover.ts', import.meta.url))};
  import { ACTORS } from ${JSON.stringify(new URL('../../src/renew/steps/actors.ts', import.meta.url))};
  import { openJournal } from ${JSON.stringify(new URL('../../src/renew/journal/journal-file.ts', import.meta.url))};
  import { Root } from ${JSON.stringify(new URL('../../src/host/root.ts', import.meta.url))};
  import { readFileSync } from 'node:fs';
  const [root, planFile, step, state] = process.argv.slice(2);
  const plan = planFile === '' ? null : JSON.parse(readFileSync(planFile, 'utf8'));
  const progress = (each) => {
    if (String(each.step) === step && each.state === state) process.kill(process.pid, 'SIGKILL');
  };
  const context = { root: new Root(root), journal: await openJournal(new Root(root)), actors: ACTORS, now: Date.now, progress, backups: 5, pollInterval: 100 };
  await (plan === null ? recover(context) : execute(plan, 'manual', context));
`;

/** Runs the plan (null: the recovery) in an agent of its own that is killed with -9 when the step is in that state. */
export async function killedAt(on: Stage, plan: RenewalPlan | null, step: number, state: string): Promise<void> {
  const directory = join(on.node.root, '..');
  await writeFile(join(directory, 'agent.ts'), EXECUTE);
  await writeFile(join(directory, 'plan.json'), JSON.stringify(plan));
  const words = [join(directory, 'agent.ts'), on.node.root, plan === null ? '' : join(directory, 'plan.json')];
  const agent = spawn(process.execPath, ['--no-warnings', ...words, String(step), state], { stdio: 'inherit' });
  const [, signal] = await once(agent, 'exit');
  assert.equal(signal, 'SIGKILL', `the agent was not killed in step ${step} ${state}`);
}
