import { resolve } from 'node:path';
import { ConfigError, type ConfigProblem, listed } from '../../config/load.ts';
import { requireNamedConfig } from '../config-file.ts';
import { type Context, isData, print } from '../context.ts';
import { checkDraftConfig, checkNodeConfig } from '../standalone.ts';

export const CONFIG_SCHEMA = 'certagent.config/v1';

export async function run(context: Context): Promise<number> {
  const { argument } = context;
  // A file that is named as argument is a path of the user's, the configuration in use is a path of the node.
  const file = argument === undefined ? context.root.at(context.configFile) : resolve(argument);
  await requireNamedConfig(file, argument !== undefined || context.configNamed);
  const report = { schema: CONFIG_SCHEMA, file };
  let warnings: ConfigProblem[];
  try {
    warnings = await (argument === undefined ? checkNodeConfig(context) : checkDraftConfig(context, file));
  } catch (error) {
    if (!(error instanceof ConfigError) || !isData(context.output)) throw error;
    print(context, { ...report, problems: error.problems, warnings: error.warnings }, () => '');
    return 1;
  }
  print(context, { ...report, problems: [], warnings }, () => text(file, warnings));
  return warnings.length > 0 && context.options.strict === true ? 1 : 0;
}

function text(file: string, warnings: ConfigProblem[]): string {
  if (warnings.length === 0) return `${file} is valid.`;
  return `${file} is valid, with ${listed(warnings, 'warning')}`;
}
