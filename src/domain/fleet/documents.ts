/** JSON in a stream, with what stands between it and the previous document. */
export type Document = { before: string; json: string };

/**
 * Cuts a stream into its JSON documents: one after another, one a line, with anything between them. Only objects and arrays
 * are looked for, and nothing is parsed: a document that is cut off, or is not JSON inside, comes out as it is.
 */
export function documentsIn(text: string): Document[] {
  const documents: Document[] = [];
  let from = 0;
  for (;;) {
    const begin = nextBegin(text, from);
    if (begin === -1) break;
    const end = endOf(text, begin);
    documents.push({ before: text.slice(from, begin), json: text.slice(begin, end) });
    from = end;
  }
  const rest = text.slice(from);
  return rest.trim() === '' ? documents : [...documents, { before: rest, json: '' }];
}

function nextBegin(text: string, from: number): number {
  const object = text.indexOf('{', from);
  const array = text.indexOf('[', from);
  return object === -1 || array === -1 ? Math.max(object, array) : Math.min(object, array);
}

/** Behind the bracket that closes the one at `begin`, or the end of the text. Brackets within strings do not count. */
function endOf(text: string, begin: number): number {
  const special = /["{}[\]]/g;
  special.lastIndex = begin;
  let depth = 0;
  for (let found = special.exec(text); found !== null; found = special.exec(text)) {
    if (found[0] === '"') {
      const end = stringEnd(text, found.index);
      if (end === -1) return text.length;
      special.lastIndex = end;
    } else if (found[0] === '{' || found[0] === '[') depth += 1;
    else depth -= 1;
    if (depth === 0) return special.lastIndex;
  }
  return text.length;
}

/** Behind the quotation mark that closes the string at `begin`; -1: none does. */
function stringEnd(text: string, begin: number): number {
  for (let at = begin + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return -1;
}

/** `body`: what follows the line in which Ansible names a host ("edge-1 | CHANGED | rc=0 >>"); null: it names none. */
export type Section = { host: string | null; body: string };

const ANSIBLE = /^([^\s|]+) \| [A-Z]+!?(?: \| rc=-?\d+)? (?:>>|=>)/gm;

/** A stream cut at the lines in which `ansible` names a host; whole where there are none. */
export function sectionsIn(text: string): Section[] {
  const heads = [...text.matchAll(ANSIBLE)];
  const first = text.slice(0, heads[0]?.index ?? text.length);
  const sections = heads.map((head, at): Section => {
    const body = text.slice(head.index + head[0].length, heads[at + 1]?.index ?? text.length);
    return { host: head[1]!, body };
  });
  return first.trim() === '' ? sections : [{ host: null, body: first }, ...sections];
}
