import { SECOND } from '../../domain/time/duration.ts';
import { hookProgram } from '../../host/hook-program.ts';
import { type Check, fails, ok } from './doctor-check.ts';

export const hooks: Check = {
  title: 'the hooks',
  limit: 10 * SECOND,
  async run({ root, view: { inventory } }) {
    const { hooks: all = [], refused = [] } = inventory.hooks ?? {};
    const remedy = 'Correct the owner and the mode: certagent config check';
    const found = await Promise.all(
      all.map(async ({ command: [program = ''] }) => ({ program, is: await hookProgram(root, program) })),
    );
    const wrong = [
      ...refused.map(({ path, why }) => fails(`${path} is not run: ${why}`, remedy)),
      ...found.flatMap(({ program, is }) =>
        'refused' in is ? [fails(`${program} is not run: it ${is.refused}`, remedy)] : [],
      ),
    ];
    if (wrong.length > 0) return wrong;
    return [ok(all.length === 0 ? 'there are none' : `${all.length} can run`)];
  },
};
