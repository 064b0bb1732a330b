import { decodeBase64 } from './base64.ts';

/** `headers`: "Name: value" lines between BEGIN and the data. */
export type PemBlock = { type: string; headers: boolean; der: Buffer };

/**
 * `damage`: what lies outside of the blocks although it begins a line like one. `open`: a BEGIN without its END, as in a
 * file that is being written; `skipped`: a block that Go programs skip.
 */
export type Pem = { blocks: PemBlock[]; damage: 'open' | 'skipped' | null };

/**
 * The blocks that Go's `encoding/pem` finds, and no others: Go programs load these files. BEGIN and END must begin a line,
 * only blanks may follow END, the labels must be the same, and the base64 must be right. Everything else is skipped
 * silently, as Go does, and shows in `damage`. Takes time in proportion to the text, whatever is in it.
 */
export function readPem(text: string): Pem {
  const blocks: PemBlock[] = [];
  let damage: Pem['damage'] = null;
  let from = 0;
  for (;;) {
    const found = nextBlock(text, from);
    damage ??= damageIn(text.slice(from, found?.start));
    if (found === null) return { blocks, damage };
    blocks.push(found.block);
    from = found.next;
  }
}

const BEGIN = '-----BEGIN ';
const END = '\n-----END ';
const DASHES = '-----';

/** As Go's `pem.Decode`: each END is tried with the last BEGIN before it. */
function nextBlock(text: string, from: number): { block: PemBlock; start: number; next: number } | null {
  // Where the search continues when this END does not close a block.
  let resume = from;
  for (;;) {
    const end = text.indexOf(END, resume);
    if (end === -1) return null;
    const searched = resume;
    resume = end + END.length;
    const begin = text.slice(searched, end).lastIndexOf(BEGIN);
    if (begin === -1) continue;
    const start = searched + begin;
    if (begin > 0 && text[start - 1] !== '\n') continue;

    const typeLine = lineAt(text, start + BEGIN.length);
    if (typeLine.next > resume) return null;
    if (!typeLine.text.endsWith(DASHES)) continue;
    const type = typeLine.text.slice(0, -DASHES.length);
    const { body, headers } = skipHeaders(text, typeLine.next);
    if (body >= text.length || body > resume) return null;
    if (headers && end < body) continue;

    const close = lineAt(text, resume);
    if (close.text !== type + DASHES) continue;
    const der = end > body ? decodeBase64(text.slice(body, end).replace(/[ \t]+/g, '')) : Buffer.alloc(0);
    if (der === null) continue;
    return { block: { type, headers, der }, start, next: close.next };
  }
}

function skipHeaders(text: string, from: number): { body: number; headers: boolean } {
  let body = from;
  while (body < text.length) {
    const line = lineAt(text, body);
    if (!line.text.includes(':')) break;
    body = line.next;
  }
  return { body, headers: body > from };
}

/** The line that begins at `from`, without blanks at its end, and where the next one begins. */
function lineAt(text: string, from: number): { text: string; next: number } {
  const feed = text.indexOf('\n', from);
  if (feed === -1) return { text: withoutBlanks(text.slice(from)), next: text.length };
  const stop = feed > from && text[feed - 1] === '\r' ? feed - 1 : feed;
  return { text: withoutBlanks(text.slice(from, stop)), next: feed + 1 };
}

function withoutBlanks(line: string): string {
  let length = line.length;
  while (line[length - 1] === ' ' || line[length - 1] === '\t') length -= 1;
  return length === line.length ? line : line.slice(0, length);
}

function damageIn(gap: string): Pem['damage'] {
  // Not the flag m, for which a carriage return ends a line too.
  if (/(?:^|\n)-----END /.test(gap)) return 'skipped';
  return /(?:^|\n)-----BEGIN /.test(gap) ? 'open' : null;
}

/** The certificates of a text, each as a PEM block that every program reads as the same. */
export function certificateTexts(text: string): string[] {
  return certificatesIn(readPem(text)).map((der) => pemText({ type: 'CERTIFICATE', der }));
}

function pemText({ type, der }: Pick<PemBlock, 'type' | 'der'>): string {
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `${BEGIN}${type}${DASHES}\n${lines}${END}${type}${DASHES}\n`;
}

/**
 * The certificates of a PEM text (DER): blocks of the type CERTIFICATE without headers. Go's certificate pools and
 * Kubernetes' `cert.ParseCertsPEM` skip all others, "TRUSTED CERTIFICATE" and "X509 CERTIFICATE" among them.
 */
export function certificatesIn({ blocks }: Pem): Buffer[] {
  return blocks.filter(({ type, headers }) => type === 'CERTIFICATE' && !headers).map(({ der }) => der);
}

/**
 * The private key (DER) that Go's `tls.X509KeyPair` takes: the first block whose type says PRIVATE KEY. What precedes it is
 * skipped ("EC PARAMETERS"), and the content decides its form, not the type.
 */
export function privateKeyIn(pem: Pem): Buffer | null {
  return privateKeyBlock(pem)?.der ?? null;
}

/** The same key as a PEM text of its own; null when there is none. Never to be shown. */
export function privateKeyText(text: string): string | null {
  const block = privateKeyBlock(readPem(text));
  return block === undefined ? null : pemText(block);
}

function privateKeyBlock({ blocks }: Pem): PemBlock | undefined {
  return blocks.find(({ type }) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'));
}
