import { type Context, print } from '../context.ts';
import { renderDiagnosis } from '../render/doctor.ts';
import { examine } from '../standalone.ts';

const EXIT_CODES = { ok: 0, fails: 5, warning: 6 } as const;

export async function run(context: Context): Promise<number> {
  const { stderr, paint, width } = context;
  const show = (text: string) => {
    if (stderr.isTTY) stderr.write(`\r\u001b[2K${text.slice(0, (stderr.columns || 80) - 1)}`);
  };
  try {
    const diagnosis = await examine(context, (title) => show(`Checking ${title}`));
    show('');
    print(context, diagnosis, () => renderDiagnosis(diagnosis, { paint, width }));
    return EXIT_CODES[diagnosis.state];
  } finally {
    show('');
  }
}
