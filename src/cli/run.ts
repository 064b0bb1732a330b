import { requireNamedConfig } from './config-file.ts';
import type { Context } from './context.ts';

export async function run(context: Context): Promise<number> {
  await requireNamedConfig(context.root.at(context.configFile), context.configNamed);
  const { runDaemon } = await import('../daemon/run-daemon.ts');
  return runDaemon({ root: context.root.prefix === '' ? '/' : context.root.prefix, configFile: context.configFile });
}
