// Inputs that are nearly right: real texts with some bytes or lines changed. Pure noise is refused at the first byte.
import fc from 'fast-check';

type Change = { kind: 'flip' | 'cut' | 'drop' | 'copy' | 'put' | 'end'; at: number; length: number; token: string };

/** What parsers trip over. */
const TOKENS = [
  '\0',
  '\n',
  '\r\n',
  '\t',
  '\u001b[31m',
  '\u202e',
  '\ufeff',
  '"',
  "'",
  '\\',
  '{',
  '[',
  ']',
  '}',
  ': ',
  '- ',
  '#',
  '&a',
  '*a',
  '!!binary ',
  '<<: ',
  '---\n',
  '...\n',
  '|\n',
  '? ',
  'null',
  'true',
  '-1',
  '1e999',
  '9'.repeat(30),
  '2026-02-30',
  '__proto__',
  'constructor',
  '-----BEGIN CERTIFICATE-----\n',
  '-----END CERTIFICATE-----\n',
  '-----BEGIN PRIVATE KEY-----\n',
  '=',
  '../../../..',
  '\u{1f4a3}',
  'é'.repeat(300),
];

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'drop', 'copy', 'put', 'end'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  length: fc.nat({ max: 80 }),
  token: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...TOKENS) }, fc.string({ unit: 'binary', maxLength: 12 })),
});

/** One of the texts, changed in up to `most` places. The first is always tried unchanged now and then. */
export function mutatedText(texts: readonly string[], most = 6): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(change, { maxLength: most }))
    .map(([text, changes]) => changes.reduce(changedText, text));
}

function changedText(text: string, { kind, at, length, token }: Change): string {
  const from = Math.floor(at * text.length);
  const to = Math.min(text.length, from + length);
  switch (kind) {
    case 'flip':
      return (
        text.slice(0, from) +
        String.fromCharCode((text.charCodeAt(from) || 0) ^ (1 << (length % 8))) +
        text.slice(from + 1)
      );
    case 'cut':
      return text.slice(0, from);
    case 'drop':
      return text.slice(0, from) + text.slice(to);
    case 'copy':
      return text.slice(0, to) + text.slice(from);
    case 'put':
      return text.slice(0, from) + token + text.slice(from);
    case 'end':
      return text + token;
  }
}

/** As `mutatedText`, of bytes: for DER, whose lengths and tags are what matters. */
export function mutatedBytes(samples: readonly Buffer[], most = 4): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(change, { maxLength: most }))
    .map(([sample, changes]) => changes.reduce(changedBytes, sample));
}

function changedBytes(bytes: Buffer, { kind, at, length, token }: Change): Buffer {
  const from = Math.floor(at * bytes.length);
  const changed = Buffer.from(bytes);
  switch (kind) {
    case 'flip':
      if (from < changed.length) changed[from] = changed[from]! ^ (1 << (length % 8));
      return changed;
    case 'end':
      if (from < changed.length) changed[from] = (length * 7) & 0xff;
      return changed;
    case 'cut':
      return bytes.subarray(0, from);
    case 'drop':
      return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
    case 'copy':
      return Buffer.concat([bytes.subarray(0, from + length), bytes.subarray(from)]);
    case 'put':
      return Buffer.concat([bytes.subarray(0, from), Buffer.from(token, 'latin1'), bytes.subarray(from)]);
  }
}
