import type { CommandSink } from '../../config/sinks/command-keys.ts';
import { isExecutable } from '../../host/commands.ts';
import type { Root } from '../../host/root.ts';
import { pathOf, userOf } from '../command.ts';
import { SinkError } from '../sink.ts';

/** The program and the user are there; it is not run. */
export async function reachCommand(settings: CommandSink, name: string, root: Root): Promise<string> {
  const [program = ''] = settings.command;
  const at = await pathOf(program, name, root);
  if (!(await isExecutable(at))) throw new SinkError(name, `${program} is not executable`);
  const { name: user } = await userOf(settings, name, root);
  return `${program} can be run as ${user}`;
}
