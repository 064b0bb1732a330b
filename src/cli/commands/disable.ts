import type { Context } from '../context.ts';
import { change, configFile } from './enable.ts';

/** `certagent disable`: the daemon watches and alerts, and no longer changes anything. */
export async function run(context: Context): Promise<number> {
  return change(context, await configFile(context), 'observe');
}
