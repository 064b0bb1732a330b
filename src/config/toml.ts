// The one importer of toml-eslint-parser.
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser';

export type KeyPath = (string | number)[];
/** Why a text cannot be read; `path` is the key concerned, empty for the text itself. Never quotes the text. */
export type TomlProblem = { line: number; path: KeyPath; message: string };

/** `lineOf` is the line (from 1) of a key: its own, else that of the nearest table around it; null when it is nowhere. */
export type TomlText = { data: Record<string, unknown>; lineOf(path: KeyPath): number | null };

/** The plain data of a TOML text with its lines, or what is wrong with it. */
export function parseToml(text: string): TomlText | { problem: TomlProblem } {
  const read = makeReader();
  try {
    for (const node of parseTOML(text.replace(/^\ufeff/, '')).body[0].body) read(node);
  } catch (error) {
    if (error instanceof ParseError) {
      const { lineNumber: line, column, message } = error;
      return {
        problem: { line, path: [], message: `is not valid TOML at column ${column + 1}: ${lowerCase(message)}` },
      };
    }
    if (error instanceof TooDeep) return { problem: { line: error.line, path: error.path, message: TOO_DEEP } };
    // The parser calls itself at each level.
    if (error instanceof RangeError) return { problem: { line: 1, path: [], message: TOO_DEEP } };
    throw error;
  }
  return { data: read.data, lineOf: read.lineOf };
}

const TOO_DEEP = 'is nested far deeper than any key';
const DEEPEST = 10;

class TooDeep extends Error {
  readonly path: KeyPath;
  readonly line: number;

  constructor(path: KeyPath, line: number) {
    super(TOO_DEEP);
    this.path = path;
    this.line = line;
  }
}

/** `value` as it is written behind the equals sign of a TOML key: a string, number, boolean, or a list or table of these. */
export function tomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([name, each]) => `${name} = ${tomlValue(each)}`);
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
  }
  // Of what JSON leaves as it is, TOML forbids one character.
  return JSON.stringify(value).replaceAll('\u007f', '\\u007F');
}

type Table = Record<string, unknown>;

/** Puts the nodes of a text into one object. The parser's own way to do that loses keys named "__proto__". */
function makeReader() {
  const data: Table = {};
  const lines = new Map<string, number>();
  const note = (path: KeyPath, { loc }: { loc: AST.SourceLocation }) => {
    if (path.length > DEEPEST) throw new TooDeep(path.slice(0, DEEPEST), loc.start.line);
    const key = JSON.stringify(path);
    if (!lines.has(key)) lines.set(key, loc.start.line);
  };
  const entry = (table: Table, parent: KeyPath, node: AST.TOMLKeyValue) => {
    let [inner, path] = [table, parent];
    const names = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
    for (const [at, name] of names.entries()) {
      path = [...path, name];
      note(path, node);
      if (at === names.length - 1) put(inner, name, valueAt(node.value, path));
      else inner = tableIn(inner, name);
    }
  };
  const valueAt = (node: AST.TOMLContentNode, path: KeyPath): unknown => {
    if (node.type === 'TOMLValue') return node.value;
    if (node.type === 'TOMLArray')
      return node.elements.map((element, index) => {
        note([...path, index], element);
        return valueAt(element, [...path, index]);
      });
    const table: Table = {};
    for (const each of node.body) entry(table, path, each);
    return table;
  };
  const read = (node: AST.TOMLTable | AST.TOMLKeyValue) => {
    if (node.type === 'TOMLKeyValue') return entry(data, [], node);
    note(node.resolvedKey, node);
    const names = node.resolvedKey;
    // A number after a name is an index: [[name]] is a list of tables.
    const table = names.reduce<Table>(
      (inner, name, at) => tableIn(inner, name, typeof names[at + 1] === 'number'),
      data,
    );
    for (const each of node.body) entry(table, node.resolvedKey, each);
  };
  const lineOf = (path: KeyPath): number | null => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return null;
  };
  return Object.assign(read, { data, lineOf });
}

/** The table, or the list of tables, at a name; made where it is missing. The parser refuses a text where it is neither. */
function tableIn(table: Table, name: string | number, isList = false): Table {
  if (!Object.hasOwn(table, name)) put(table, name, isList ? [] : {});
  return table[name] as Table;
}

/** Also a key named "__proto__", which an assignment would not keep. */
function put(table: Table, name: string | number, value: unknown): void {
  Object.defineProperty(table, name, { value, writable: true, enumerable: true, configurable: true });
}

const lowerCase = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);
