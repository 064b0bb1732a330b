import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { isExecutable } from '../../host/commands.ts';
import { hasUnit } from '../../host/has-unit.ts';
import { operatorsProgram } from '../../host/operators-program.ts';
import type { Root } from '../../host/root.ts';
import { textfileRefusal } from '../textfile.ts';

/** What is named and cannot be used: programs of sinks, the place of the metrics, the node's unit. */
export async function unusable(root: Root, { node, metrics, alerts }: Config): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, { command }] of alerts.command.entries()) {
    const message = await whyNotRun(root, command[0]!);
    if (message !== null) problems.push({ path: ['alerts', 'command', index, 'command'], message });
  }
  const refused = metrics.textfile === undefined ? null : await textfileRefusal(root, metrics.textfile);
  if (refused !== null) problems.push({ path: ['metrics', 'textfile'], message: `will not be written: ${refused}` });
  if (node.unit !== undefined && !(await hasUnit(root, node.unit)))
    problems.push({ path: ['node', 'unit'], message: 'names a unit that systemd has no file of' });
  return problems;
}

/** As the sink itself finds out when it runs the program. */
async function whyNotRun(root: Root, program: string): Promise<string | null> {
  const found = await operatorsProgram(root, program);
  if (found === null || !(await isExecutable(found.path))) return 'names a program that this node does not have';
  const { foreign } = found;
  return foreign === null ? null : `names a program that others can change: ${foreign.path} ${foreign.why}`;
}
