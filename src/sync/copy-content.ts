import { isDeepStrictEqual } from 'node:util';
import { CertagentError } from '../domain/model/errors.ts';
import { parseYamlDocument } from '../host/yaml.ts';
import type { CopyContent, NewValue } from './messages.ts';

// Runs in the helper only: a hostile YAML text can keep the parser busy for minutes, which must not stop the daemon.

/** The credentials of a kubeconfig copy. Throws CertagentError BAD_YAML or BAD_KUBECONFIG; neither quotes the content. */
export function readContent(text: string): CopyContent {
  return contentOf(parseYamlDocument(text).toJS({ maxAliasCount: 0 }));
}

/**
 * The text with these values exchanged at their source ranges; every other character stays. The result is parsed again
 * and compared with the old one. Throws as `readContent`, and CertagentError COPY_NOT_EDITABLE.
 */
export function replaceValues(text: string, values: NewValue[]): string {
  const document = parseYamlDocument(text);
  const edits = values.map((value) => {
    const node = document.getIn(pathOf(value), true) as Scalar | undefined;
    if (typeof node?.value !== 'string' || !node.range) throw notEditable();
    const [start, end] = node.range;
    return { start, end, text: rewritten(text.slice(start, end), node.type, value.data) };
  });
  let result = text;
  for (const edit of edits.sort((a, b) => b.start - a.start))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  proveOnlyChanged(text, result, values);
  return result;
}

type Scalar = { value: unknown; type?: string; range?: [number, number, number] | null };

/** Base64 is safe in every style of scalar, so the style stays: quotes, block header, indentation and line endings. */
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
  const [old, edited] = [before, after].map((text) => parseYamlDocument(text));
  for (const value of values) {
    const now = edited!.getIn(pathOf(value));
    if (typeof now !== 'string' || now.trim() !== value.data) throw notEditable();
    for (const document of [old!, edited!]) document.setIn(pathOf(value), '');
  }
  if (!isDeepStrictEqual(old!.toJS({ maxAliasCount: 0 }), edited!.toJS({ maxAliasCount: 0 }))) throw notEditable();
}

const pathOf = (value: NewValue) => [value.list, value.index, value.list === 'users' ? 'user' : 'cluster', value.key];

function contentOf(top: unknown): CopyContent {
  if (!isRecord(top) || (top.kind ?? 'Config') !== 'Config') throw bad('is no kubeconfig');
  const clusters = entries(top, 'clusters', 'cluster').map(({ name, body }) => {
    const ca = body['certificate-authority-data'];
    return { name, ca: typeof ca === 'string' && ca !== '' ? ca : null };
  });
  const users = entries(top, 'users', 'user').map(({ name, body }) => ({
    name,
    certificate: data(body['client-certificate-data']),
    key: data(body['client-key-data']),
    other: OTHER_CREDENTIALS.find((key) => isSet(body[key])) ?? unusualData(body),
    certificateFile: data(body['client-certificate']),
  }));
  const contexts = entries(top, 'contexts', 'context').map(({ body }) => ({
    cluster: String(body.cluster ?? ''),
    user: String(body.user ?? ''),
  }));
  return { clusters, users, contexts };
}

const OTHER_CREDENTIALS = [
  'token',
  'tokenFile',
  'username',
  'password',
  'exec',
  'auth-provider',
  'client-certificate',
  'client-key',
];

/** `!!binary` and the like: data that is there but is no text. */
function unusualData(body: Record<string, unknown>): string | null {
  const keys = ['client-certificate-data', 'client-key-data'];
  return keys.find((key) => isSet(body[key]) && typeof body[key] !== 'string') ?? null;
}

function entries(top: Record<string, unknown>, list: string, bodyKey: string) {
  const items = top[list] ?? [];
  if (!Array.isArray(items)) throw bad(`has no list at "${list}"`);
  const names = new Set<string>();
  return items.map((item: unknown) => {
    if (!isRecord(item) || typeof item.name !== 'string') throw bad(`has an entry without a name in "${list}"`);
    // kubectl refuses such a file, and which of the two it means cannot be told.
    if (names.has(item.name)) throw bad(`has two entries of one name in "${list}"`);
    names.add(item.name);
    const body = item[bodyKey];
    return { name: item.name, body: isRecord(body) ? body : {} };
  });
}

const isSet = (value: unknown) => value !== undefined && value !== null && value !== '';
const data = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const bad = (what: string) => new CertagentError('BAD_KUBECONFIG', what);
const notEditable = () =>
  new CertagentError('COPY_NOT_EDITABLE', 'is written in a way that cannot be changed without touching the rest');
