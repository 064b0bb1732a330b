// Generated YAML: any data, written in the styles that people and programs use, valid and hardly so.
import fc from 'fast-check';

const name = fc.oneof(
  fc.constantFrom(
    'metadata',
    'annotations',
    'spec',
    'kind',
    'users',
    'name',
    'a b',
    '__proto__',
    'x/y',
    '1',
    'true',
    '',
  ),
  fc.string({ maxLength: 8 }),
);
const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('2026-01-01', 'yes', '0x1f', '~', ' lead', 'tail ', 'a: b', 'a #b', '- x', 'two\nlines\n', '"', "'"),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);

export const data: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('list'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.uniqueArray(fc.tuple(name, tie('value')), { maxLength: 4, selector: ([key]) => key }).map(asRecord),
})).value;

export const map: fc.Arbitrary<Record<string, unknown>> = fc
  .uniqueArray(fc.tuple(name, data), { maxLength: 5, selector: ([key]) => key })
  .map(asRecord);

/** Also a member called `__proto__` is one. */
function asRecord(entries: [string, unknown][]): Record<string, unknown> {
  return Object.fromEntries(entries);
}

export type Style = { flow: boolean; quote: 'json' | 'plain'; comments: boolean; windows: boolean; indent: number };

export const style: fc.Arbitrary<Style> = fc.record({
  flow: fc.boolean(),
  quote: fc.constantFrom('json', 'plain'),
  comments: fc.boolean(),
  windows: fc.boolean(),
  indent: fc.integer({ min: 1, max: 6 }),
});

/** The data as a YAML document in this style. Keys are quoted where they need to be. */
export function yamlText(value: unknown, style: Style): string {
  const lines = style.flow ? [JSON.stringify(value)] : blockLines(value, style);
  const text = style.comments
    ? lines.flatMap((line, at) => (at % 3 === 0 ? ['# why: "so"', line, ''] : [line]))
    : lines;
  return `${text.join(style.windows ? '\r\n' : '\n')}${style.comments ? '' : '\n'}`;
}

function blockLines(value: unknown, style: Style): string[] {
  const deeper = (lines: string[]) => lines.map((line) => ' '.repeat(style.indent) + line);
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item) => (isLeaf(item) ? [`- ${leaf(item)}`] : ['-', ...deeper(blockLines(item, style))]));
  if (!isLeaf(value))
    return Object.entries(value as object).flatMap(([key, item]) =>
      isLeaf(item)
        ? [`${keyText(key, style)}: ${leaf(item)}`]
        : [`${keyText(key, style)}:`, ...deeper(blockLines(item, style))],
    );
  return [leaf(value)];
}

const isLeaf = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || Object.keys(value).length === 0;
const leaf = (value: unknown): string => JSON.stringify(value);
const keyText = (key: string, { quote }: Style): string =>
  quote === 'plain' && /^[a-z][a-z/.]*$/.test(key) && !/^(null|true|false|yes|no|on|off|y|n)$/.test(key)
    ? key
    : JSON.stringify(key);
