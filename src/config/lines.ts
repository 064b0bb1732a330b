// The one importer of toml-eslint-parser: loaded only to tell the lines of errors.
import type { AST } from 'toml-eslint-parser';

export type KeyPath = (string | number)[];

/**
 * Finds the line (from 1) of a key in a TOML text: its own, else that of the nearest table around it. Null when it is
 * nowhere, or when the parser does not understand the text.
 */
export async function lineFinder(text: string): Promise<(path: KeyPath) => number | null> {
  const { parseTOML } = await import('toml-eslint-parser');
  const lines = new Map<string, number>();
  try {
    for (const node of parseTOML(text).body[0].body) {
      if (node.type === 'TOMLTable') {
        put(lines, node.resolvedKey, node);
        for (const entry of node.body) addEntry(lines, node.resolvedKey, entry);
      } else addEntry(lines, [], node);
    }
  } catch {
    return () => null;
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return null;
  };
}

function addEntry(lines: Map<string, number>, parent: KeyPath, entry: AST.TOMLKeyValue): void {
  let path = parent;
  for (const key of entry.key.keys) {
    path = [...path, key.type === 'TOMLBare' ? key.name : key.value];
    put(lines, path, entry);
  }
  addValue(lines, path, entry.value);
}

function addValue(lines: Map<string, number>, path: KeyPath, value: AST.TOMLContentNode): void {
  if (value.type === 'TOMLInlineTable') for (const entry of value.body) addEntry(lines, path, entry);
  if (value.type === 'TOMLArray') {
    for (const [index, element] of value.elements.entries()) {
      put(lines, [...path, index], element);
      addValue(lines, [...path, index], element);
    }
  }
}

function put(lines: Map<string, number>, path: KeyPath, node: { loc: AST.SourceLocation }): void {
  const key = JSON.stringify(path);
  if (!lines.has(key)) lines.set(key, node.loc.start.line);
}
