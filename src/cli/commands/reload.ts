import type { AlertCode } from '../../domain/alerts/catalogue.ts';
import { askDaemonOnly } from '../ask.ts';
import { type Context, print } from '../context.ts';

export async function run(context: Context): Promise<number> {
  const { mode, alerts } = await askDaemonOnly(context, async (node) => {
    await node.reload();
    return node.status();
  });
  const missing = alerts.find(({ alert }) => alert.code === MODE_MISSING)?.alert;
  print(context, { reloaded: true, mode }, () =>
    [
      `The new configuration is now in use (mode: ${mode}).`,
      ...(missing === undefined ? [] : [missing.text, `What to do: ${missing.remedy}`]),
    ].join('\n'),
  );
  return 0;
}

const MODE_MISSING = 'MODE_MISSING' satisfies AlertCode;
