import { resolve } from 'node:path';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { requireNamedConfig } from '../config-file.ts';
import { type Context, print } from '../context.ts';
import { checkNodeConfig } from '../standalone.ts';

export async function run(context: Context): Promise<number> {
  const { argument } = context;
  // A file that is named as argument is a path of the user's, the configuration in use is a path of the node.
  const file = argument === undefined ? context.root.at(context.configFile) : resolve(argument);
  await requireNamedConfig(file, argument !== undefined || context.configNamed);
  try {
    // A draft in another place may belong to its author.
    if (argument === undefined) await checkNodeConfig(context);
    else await loadConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigError) || context.output !== 'json') throw error;
    print(context, { file, problems: error.problems }, () => '');
    return 1;
  }
  print(context, { file, problems: [] }, () => `${file} is valid.`);
  return 0;
}
