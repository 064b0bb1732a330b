import type { CommandName } from './command-catalogue.ts';
import type { Context } from './context.ts';

type Code = { run(context: Context): Promise<number> };

/** Where the code of each command is. It is loaded only when the command runs. */
const CODE: Record<CommandName, () => Promise<Code>> = {
  status: () => import('./commands/status.ts'),
  check: () => import('./commands/check.ts'),
  fleet: () => import('./commands/fleet.ts'),
  plan: () => import('./commands/plan.ts'),
  renew: () => import('./commands/renew.ts'),
  restore: () => import('./commands/restore.ts'),
  csr: () => import('./commands/csr.ts'),
  install: () => import('./commands/install.ts'),
  'user add': () => import('./commands/user-add.ts'),
  sync: () => import('./commands/sync.ts'),
  history: () => import('./commands/history.ts'),
  metrics: () => import('./commands/metrics.ts'),
  enable: () => import('./commands/enable.ts'),
  disable: () => import('./commands/disable.ts'),
  reload: () => import('./commands/reload.ts'),
  'clock accept': () => import('./commands/clock-accept.ts'),
  'cluster manifest': () => import('./commands/cluster-manifest.ts'),
  'config check': () => import('./commands/config-check.ts'),
  completion: () => import('./commands/completion.ts'),
  'config example': () => import('./commands/config-example.ts'),
  'alert test': () => import('./commands/alert-test.ts'),
  'alert silence': () => import('./commands/alert-silence.ts'),
  'alert silences': () => import('./commands/alert-silences.ts'),
  'alert unsilence': () => import('./commands/alert-unsilence.ts'),
  pause: () => import('./commands/pause.ts'),
  resume: () => import('./commands/resume.ts'),
  explain: () => import('./commands/explain-name.ts'),
  doctor: () => import('./commands/doctor.ts'),
  logs: () => import('./commands/logs.ts'),
  run: () => import('./run.ts'),
  version: () => import('./commands/version.ts'),
  help: () => import('./commands/help.ts'),
};

/** Runs a command. Returns its exit code; throws what it throws. */
export async function runCommand(name: string, context: Context): Promise<number> {
  const { run } = await CODE[name as CommandName]();
  return run(context);
}
