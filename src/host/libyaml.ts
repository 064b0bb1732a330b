import { CertagentError } from '../domain/model/errors.ts';
import { type YamlAny, type YamlDocument, yamlKind } from './yaml.ts';

// libyaml, whose Go translation reads every kubeconfig, follows YAML 1.1 and allows less than the parser here.

const UNPRINTABLE = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Refuses control characters and replaces each line break by a line feed: YAML 1.1 has more of both. The length stays. */
export function asLibyamlTakesIt(text: string): string {
  if (UNPRINTABLE.test(text)) throw new CertagentError('BAD_YAML', 'holds control characters');
  return text.replace(/\r(?!\n)|[\u0085\u2028\u2029]/g, '\n');
}

/** Throws CertagentError BAD_YAML for a document that the parser here takes and libyaml does not. */
export function refuseAsLibyaml(document: YamlDocument, text: string): void {
  const { explicit, version } = document.directives?.yaml ?? {};
  if (explicit && version !== '1.1') throw new CertagentError('BAD_YAML', 'is not YAML 1.1');
  const spans: Span[] = [];
  collect(document.contents as YamlAny, { column: -1, flow: false }, text, spans);
  for (const { kind, start, end } of spans)
    if (kind === 'double' && hasForeignEscape(text.slice(start, end)))
      throw new CertagentError('BAD_YAML', 'has an escape that YAML 1.1 does not know');
  const end = document.contents?.range?.[1] ?? 0;
  const marker = text.slice(end).search(/^(?:---|\.\.\.)\s/m);
  const stop = marker === -1 ? text.length : end + marker;
  if (text.includes('\t') && hasTabAsIndentation(text, spans, stop))
    throw new CertagentError('BAD_YAML', 'has a tab where YAML allows only spaces');
}

/** Where a scalar or a flow collection is. `column`: of the block collection around it; -1 for none. */
type Span = { kind: 'flow' | 'double' | 'other' | 'plain'; start: number; end: number; column: number };

function collect(node: YamlAny, around: { column: number; flow: boolean }, text: string, spans: Span[]): void {
  if (!node?.range) return;
  const [start, end] = node.range;
  if (yamlKind(node) === 'scalar') {
    const kind = node.type === 'PLAIN' ? 'plain' : node.type === 'QUOTE_DOUBLE' ? 'double' : 'other';
    if (around.flow && kind === 'plain' && /^:|\?/.test(text.slice(start, end)))
      throw new CertagentError('BAD_YAML', 'has a colon or question mark that needs quotes');
    if (end > start) spans.push({ kind, start, end, column: around.column });
    return;
  }
  const isFlow = text[start] === '{' || text[start] === '[';
  if (isFlow) spans.push({ kind: 'flow', start, end, column: around.column });
  const inner = isFlow
    ? { ...around, flow: true }
    : { column: start - (text.lastIndexOf('\n', start - 1) + 1), flow: false };
  for (const item of node.items ?? []) {
    if (yamlKind(node) === 'seq') collect(item as YamlAny, inner, text, spans);
    else {
      if (isFlow) refuseLongKey(item.key as YamlAny, text);
      for (const part of [item.key, item.value]) collect(part as YamlAny, inner, text, spans);
    }
  }
}

/** A key, up to its colon, must be on one line. */
function refuseLongKey(key: YamlAny, text: string): void {
  const [start, end] = key?.range ?? [0, 0];
  const colon = text.indexOf(':', end);
  const isExplicit = /\?\s*$/.test(text.slice(Math.max(0, start - 100), start));
  if (
    colon !== -1 &&
    !isExplicit &&
    /^\s*:/.test(text.slice(end, colon + 1)) &&
    text.slice(start, colon).includes('\n')
  )
    throw new CertagentError('BAD_YAML', 'has a key of several lines');
}

/** "\/" and surrogates, which JSON has. */
function hasForeignEscape(source: string): boolean {
  for (const [sequence] of source.matchAll(/\\(?:u[dD][89a-fA-F]|.)/gs))
    if (/^\\(?:\/|u[dD])/.test(sequence)) return true;
  return false;
}

/**
 * A tab may not come before a token of a block, nor on a line of its own; it may in quotes and flow collections, and after
 * a plain scalar, right of the block that it is in.
 */
function hasTabAsIndentation(text: string, spans: Span[], stop: number): boolean {
  const isWithin = (offset: number, kinds: Span['kind'][]) =>
    spans.some(({ kind, start, end }) => kinds.includes(kind) && start < offset && offset < end);
  for (const { index, 0: line } of text.matchAll(/^ *\t[ \t]*(?=#|\r?$)/gm)) {
    const last = spans.findLast(({ start }) => start <= index);
    const [tab, before] = [line.indexOf('\t'), text.slice(last?.end ?? 0, index)];
    const goesOn = last?.kind === 'plain' && before.trim() === '' && tab > last.column;
    if (index < stop && !goesOn && !isWithin(index, ['flow', 'double', 'other'])) return true;
  }
  for (const { index } of text.matchAll(/^ *(?:[-?] +)*[-?] *\t/gm))
    if (index < stop && !isWithin(index, ['flow', 'double', 'other', 'plain'])) return true;
  return false;
}
