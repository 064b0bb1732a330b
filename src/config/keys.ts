import { notes, type SchemaNode } from './fields.ts';
import { schema } from './schema.ts';

/** One key of the configuration, as the example and the manual show it. */
export type KeyDescription = {
  /** Dotted: "windows.opens"; of a repeated table: "alerts.email.host". */
  key: string;
  name: string;
  /** "duration", "time of day", "whole number from 1 to 24", "text", "one of renew, observe", "list of …", "table of text", "table", "repeated table". */
  type: string;
  description: string;
  /** As an operator writes it; undefined: it has no default. */
  default: unknown;
  example: unknown;
  /** It must be there once its table is. */
  required: boolean;
  /** Keys of a table; empty for anything else. */
  keys: KeyDescription[];
};

/** A table whose keys the operator chooses. */
const TEXTS = 'table of text';

type Definition = {
  type: string;
  innerType?: SchemaNode;
  in?: SchemaNode;
  element?: SchemaNode;
  shape?: Record<string, SchemaNode>;
  entries?: Record<string, string>;
  checks?: { _zod: { def: { check: string; value?: unknown } } }[];
  defaultValue?: unknown;
};

/** Every key in the order of the schema, tables with their keys inside. */
export function describeKeys(): KeyDescription[] {
  return tableKeys(schema, '');
}

/** Names allowed at a path of the schema (list indexes are ignored); empty when it is not a table. */
export function keysAt(path: (string | number)[]): string[] {
  let keys = describeKeys();
  for (const part of path) if (typeof part === 'string') keys = keys.find(({ name }) => name === part)?.keys ?? [];
  return keys.map(({ name }) => name);
}

/** "duration", "one of a, b" and so on for the key at a path; null for an unknown key. */
export function typeAt(path: (string | number)[]): string | null {
  const names = path.filter((part) => typeof part === 'string');
  let keys = describeKeys();
  let found: KeyDescription | undefined;
  for (const name of names) {
    if (found?.type === TEXTS) return 'text';
    found = keys.find((key) => key.name === name);
    keys = found?.keys ?? [];
  }
  if (found === undefined) return null;
  return typeof path.at(-1) === 'number' ? found.type.replace(/^list of /, '').replace(/^repeated /, '') : found.type;
}

function tableKeys(table: SchemaNode, prefix: string): KeyDescription[] {
  return Object.entries(definition(table).shape ?? {}).map(([name, field]) => {
    const note = notes.get(field);
    const { inner, fallback, optional } = unwrap(field);
    const key = prefix + name;
    const body = definition(inner).type === 'array' ? definition(inner).element! : inner;
    return {
      key,
      name,
      type: typeName(inner),
      description: note?.description ?? '',
      default: definition(inner).type === 'object' ? undefined : fallback,
      example: note?.example,
      required: !optional && fallback === undefined,
      keys: definition(body).type === 'object' ? tableKeys(body, `${key}.`) : [],
    };
  });
}

function unwrap(field: SchemaNode): { inner: SchemaNode; fallback: unknown; optional: boolean } {
  const def = definition(field);
  if (def.type === 'prefault') return { inner: def.innerType!, fallback: def.defaultValue, optional: false };
  if (def.type === 'optional') return { inner: def.innerType!, fallback: undefined, optional: true };
  return { inner: field, fallback: undefined, optional: false };
}

function typeName(type: SchemaNode): string {
  const def = definition(type);
  if (def.type === 'pipe') {
    const written = def.in!;
    if (definition(written).type === 'array') return typeName(written);
    const pattern = (definition(written).checks ?? []).some(({ _zod }) => _zod.def.check === 'string_format');
    return pattern ? 'time of day' : 'duration';
  }
  if (def.type === 'enum') return `one of ${Object.values(def.entries ?? {}).join(', ')}`;
  if (def.type === 'array') {
    const item = typeName(def.element!);
    return item === 'table' ? 'repeated table' : `list of ${item}`;
  }
  if (def.type === 'object') return 'table';
  if (def.type === 'record') return TEXTS;
  if (def.type === 'boolean') return 'true or false';
  if (def.type === 'int' || def.type === 'number') {
    const bound = (check: string) => (def.checks ?? []).find(({ _zod }) => _zod.def.check === check)?._zod.def.value;
    return `whole number from ${bound('greater_than')} to ${bound('less_than')}`;
  }
  return 'text';
}

const definition = (type: SchemaNode): Definition => type._zod.def as unknown as Definition;
