import type { Root } from '../host/root.ts';
import { readSecret } from './secrets.ts';
import { SinkError } from './sink.ts';

/** Where a sink is: an http or https address, in the configuration or in a secret file. Throws SinkError, which does not quote it. */
export async function addressOf(
  root: Root,
  sink: string,
  { url = '', url_file }: { url?: string | undefined; url_file?: string | undefined },
): Promise<URL> {
  const text = url_file === undefined ? url : await readSecret(root, sink, url_file);
  const address = URL.parse(text.trim());
  if (address !== null && ['http:', 'https:'].includes(address.protocol)) return address;
  throw new SinkError(sink, `${url_file ?? 'its url'} does not hold an http or https address`);
}
