import type { CommandSpec } from './command-catalogue.ts';
import { type GlobalOptions, makeContext } from './context.ts';

/** Runs one command as it was parsed. Returns its exit code; throws what it throws. */
export async function runCommand(
  spec: CommandSpec,
  global: GlobalOptions,
  given: { options: Record<string, unknown>; argument?: string | undefined },
): Promise<number> {
  const context = makeContext(global, { name: spec.name, ...given });
  const { run } = await spec.load();
  return run(context);
}
