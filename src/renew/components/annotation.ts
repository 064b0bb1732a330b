import { isDeepStrictEqual } from 'node:util';
import { CertagentError } from '../../domain/model/errors.ts';
import { parseYamlDocument, type YamlNode } from '../../host/yaml.ts';

/** A change of this annotation is what makes the kubelet replace the pod. */
export const ANNOTATION = 'certagent.io/renewed-at';

/**
 * The manifest's text with the annotation set to `value` under metadata.annotations and every other byte as it was:
 * the operator's comments, order, quoting and line ends stay. Throws CertagentError BAD_YAML or BAD_MANIFEST when the text
 * is not a pod manifest, or is written in a way in which the change cannot be made safely.
 */
export function annotate(text: string, value: string): string {
  const document = parseYamlDocument(text);
  const changed = edit(text, mapping(document.contents), value);
  const wanted = document.toJS({ maxAliasCount: 0 }) as { metadata: { annotations?: Record<string, string> | null } };
  wanted.metadata.annotations = { ...wanted.metadata.annotations, [ANNOTATION]: value };
  // The edit works on the text; reading the result proves that nothing else changed.
  if (!isDeepStrictEqual(parseYamlDocument(changed).toJS({ maxAliasCount: 0 }), wanted))
    throw bad('is written in a way in which its annotation cannot be changed safely');
  return changed;
}

function edit(text: string, top: Mapping | null, value: string): string {
  const metadata = mapping(entry(top, 'metadata')?.value);
  if (metadata === null) throw bad('has no metadata');
  const pair = entry(metadata, 'annotations');
  if (pair === undefined)
    return insert(text, metadata, {
      block: ['annotations:', `  ${line(value)}`],
      flow: `"annotations": {${inline(value)}}`,
    });
  const annotations = mapping(pair.value);
  if (annotations === null) return replaceNothing(text, pair, value);
  const old = entry(annotations, ANNOTATION);
  if (old === undefined) return insert(text, annotations, { block: [line(value)], flow: inline(value) });
  const range = old.value?.range;
  if (!range) throw bad(`has no value at its annotation ${ANNOTATION}`);
  const blank = range[0] === range[1] ? ' ' : '';
  return splice(text, range[0], range[1], `${blank}${JSON.stringify(value)}`);
}

/** Inserts before the first entry: what follows the last one (comments, blank lines) belongs to it or to what comes next. */
function insert(text: string, into: Mapping, added: { block: string[]; flow: string }): string {
  const first = into.items[0]?.key.range?.[0];
  if (into.flow === true || first === undefined) {
    const open = (into.range?.[0] ?? 0) + 1;
    return splice(text, open, open, first === undefined ? added.flow : `${added.flow}, `);
  }
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const indentation = ' '.repeat(first - (text.lastIndexOf('\n', first - 1) + 1));
  return splice(text, first, first, added.block.map((each) => `${each}${newline}${indentation}`).join(''));
}

/** `annotations:` with nothing, `null` or `~` behind it. */
function replaceNothing(text: string, pair: Entry, value: string): string {
  const node = pair.value as (YamlNode & { value?: unknown }) | null;
  if (node !== null && node.value !== null) throw bad('has annotations that are not a map');
  const range = node?.range;
  if (!range) throw bad('has annotations without a value');
  const blank = text[range[0] - 1] === ':' ? ' ' : '';
  return splice(text, range[0], range[1], `${blank}{${inline(value)}}`);
}

const line = (value: string): string => `${ANNOTATION}: ${JSON.stringify(value)}`;
const inline = (value: string): string => `${JSON.stringify(ANNOTATION)}: ${JSON.stringify(value)}`;

function splice(text: string, start: number, end: number, added: string): string {
  return text.slice(0, start) + added + text.slice(end);
}

type Entry = { key: YamlNode & { value?: unknown }; value: YamlNode | null };
type Mapping = YamlNode & { items: Entry[]; flow?: boolean };

function mapping(node: unknown): Mapping | null {
  const items = (node as Partial<Mapping> | null | undefined)?.items;
  return Array.isArray(items) && items.every((item) => 'key' in item) ? (node as Mapping) : null;
}

function entry(map: Mapping | null, key: string): Entry | undefined {
  return map?.items.find((item) => item.key?.value === key);
}

function bad(what: string): CertagentError {
  return new CertagentError('BAD_MANIFEST', what, {
    remedy: 'Give it the shape kubeadm writes, or set renew.cycle = "move".',
  });
}
