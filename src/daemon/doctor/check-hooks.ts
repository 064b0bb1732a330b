import { SECOND } from '../../domain/time/duration.ts';
import { hookProgram } from '../../host/hook-program.ts';
import { type Check, fails, ok } from './doctor-check.ts';

export const hooks: Check = {
  title: 'the hooks',
  limit: 10 * SECOND,
  async run({ root, config, view: { inventory } }) {
    const { hooks: all = [], refused = [] } = inventory.hooks ?? {};
    const remedy = 'Correct the owner and the mode: certagent config check';
    const [signs] = config.external_ca.command;
    const programs = [...all.map(({ command: [program = ''] }) => program), ...(signs === undefined ? [] : [signs])];
    const found = await Promise.all(
      programs.map(async (program) => ({ program, is: await hookProgram(root, program) })),
    );
    const wrong = [
      ...refused.map(({ path, why }) => fails(`${path} is not run: ${why}`, remedy)),
      ...found.flatMap(({ program, is }) =>
        'refused' in is ? [fails(`${program} is not run: it ${is.refused}`, remedy)] : [],
      ),
    ];
    if (wrong.length > 0) return wrong;
    const good = all.length === 0 ? 'there are none' : `${all.length} can run`;
    return [ok(signs === undefined ? good : `${good}; external_ca.command can run: ${signs}`)];
  },
};
