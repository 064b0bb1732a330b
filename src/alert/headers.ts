import type { Root } from '../host/root.ts';
import { readSecret } from './secrets.ts';
import { SinkError } from './sink.ts';

/** What the connection decides, or what would reach somebody else than its name says. */
const OURS =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|webhook-(id|timestamp|signature))$/;

/**
 * The headers in the secret file at `reference`: one "Name: value" a line; empty lines and lines that begin with "#" do not
 * count. Names are in lower case. Throws SinkError, which names the file and the line only.
 */
export async function readHeaders(root: Root, sink: string, reference: string): Promise<Record<string, string>> {
  const text = await readSecret(root, sink, reference);
  const refuse = (line: number, why: string): never => {
    throw new SinkError(sink, `line ${line} of ${reference} ${why}`, {
      remedy: `Write one header a line into ${reference}, for example: Authorization: Bearer TOKEN`,
    });
  };
  const headers: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    if (name === '') refuse(index + 1, 'is not a header: "Name: value"');
    if (OURS.test(key)) refuse(index + 1, `has a header that certagent sets itself (${key})`);
    // Neither the end of a line (the pattern above stops at it) nor anything else that steers the receiver.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) refuse(index + 1, 'has a character that no header can have');
    if (key in headers) refuse(index + 1, `repeats a header (${key})`);
    headers[key] = value.trim();
  }
  return headers;
}
