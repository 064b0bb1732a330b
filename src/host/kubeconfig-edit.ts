import { isDeepStrictEqual } from 'node:util';
import { CertagentError } from '../domain/model/errors.ts';
import { nodeAt, parseGoYaml, parseGoYamlDocument } from './go-yaml.ts';

/** One value to be exchanged; `index` counts the entries of the list from 0. `data`: base64, or a path of plain characters. */
export type NewValue =
  | { list: 'users'; index: number; key: 'client-certificate' | 'client-key'; data: string }
  | { list: 'users'; index: number; key: 'client-certificate-data' | 'client-key-data'; data: string }
  | { list: 'clusters'; index: number; key: 'certificate-authority-data'; data: string };

/**
 * The text with these values exchanged at their source ranges; every other character stays. The result is parsed again
 * and compared with the original. Throws CertagentError BAD_YAML or COPY_NOT_EDITABLE.
 */
export function replaceValues(text: string, values: NewValue[]): string {
  const document = parseGoYamlDocument(text);
  const edits = values.map((value) => {
    const node = nodeAt(document, pathOf(value));
    if (typeof node?.value !== 'string' || !node.range || !(node.tag === undefined || node.tag === TEXT))
      throw notEditable();
    const [start, end] = node.range;
    return { start, end, text: rewritten(text.slice(start, end), node.type, value.data) };
  });
  let result = text;
  for (const edit of edits.sort((a, b) => b.start - a.start))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  proveOnlyChanged(text, result, values);
  return result;
}

const TEXT = 'tag:yaml.org,2002:str';

/** Base64 and plain paths are safe in every style of scalar, so the style stays: quotes, block header, indentation and line endings. */
function rewritten(source: string, type: string | undefined, data: string): string {
  switch (type) {
    case 'PLAIN':
      return data;
    case 'QUOTE_SINGLE':
      return `'${data}'`;
    case 'QUOTE_DOUBLE':
      return `"${data}"`;
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return rewrittenBlock(source, data);
    default:
      throw notEditable();
  }
}

function rewrittenBlock(source: string, data: string): string {
  const [header = '', ...lines] = source.split(/(?<=\n)/);
  const first = lines.findIndex((line) => line.trim() !== '');
  const last = lines.findLastIndex((line) => line.trim() !== '');
  if (first === -1) throw notEditable();
  const indent = lines[first]?.match(/^ */)?.[0] ?? '';
  const ending = lines[last]?.match(/\r?\n$/)?.[0] ?? '';
  return [header, ...lines.slice(0, first), indent, data, ending, ...lines.slice(last + 1)].join('');
}

function proveOnlyChanged(before: string, after: string, values: NewValue[]): void {
  const [old, edited] = [parseGoYaml(before), parseGoYaml(after)] as [Data, Data];
  for (const value of values) {
    const [was, is] = [entryOf(old, value), entryOf(edited, value)];
    const now = is?.[value.key];
    if (was === undefined || is === undefined || typeof now !== 'string' || now.trim() !== value.data)
      throw notEditable();
    was[value.key] = '';
    is[value.key] = '';
  }
  if (!isDeepStrictEqual(old, edited)) throw notEditable();
}

type Data = Partial<Record<string, Record<string, Record<string, unknown>>[]>> | null;

const bodyOf = ({ list }: NewValue) => (list === 'users' ? 'user' : 'cluster');
const pathOf = (value: NewValue) => [value.list, value.index, bodyOf(value), value.key];
const entryOf = (data: Data, value: NewValue) => data?.[value.list]?.[value.index]?.[bodyOf(value)];

const notEditable = () =>
  new CertagentError('COPY_NOT_EDITABLE', 'is written in a way that cannot be changed without changing the rest');
