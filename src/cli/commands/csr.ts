import { resolve } from 'node:path';
import { writeRequests } from '../../host/exchange-files.ts';
import { askNode } from '../ask.ts';
import { type Context, print, usage } from '../context.ts';
import { renderRequests } from '../render/signing.ts';

export async function run(context: Context): Promise<number> {
  const { words: names, options, paint, width } = context;
  const drop = options.drop === true;
  const out = typeof options.out === 'string' ? resolve(options.out) : null;
  if (drop && names.length === 0) throw usage('--drop needs the names of requests', 'See which wait: certagent csr');
  const { answer } = await askNode(context, (node) => node.csr({ names, fresh: options.new === true, drop }));
  // The keys stay where they are.
  if (out !== null) await writeRequests(out, answer.requests);
  print(context, answer, () => renderRequests(answer, { out, paint, width }));
  return 0;
}
