// Reading DER that OpenSSL has parsed already.

/** One value: `from` to `end` with its tag and length, `start` where its content begins. */
export type DerValue = { tag: number; from: number; start: number; end: number };

/** The value at `at`; null where there is none that ends within `limit`. */
export function derAt(der: Buffer, at: number, limit = der.length): DerValue | null {
  const [tag, first] = [der[at], der[at + 1]];
  if (tag === undefined || first === undefined || first === 0x80 || first > 0x84) return null;
  const long = first > 0x80 ? first - 0x80 : 0;
  const start = at + 2 + long;
  if (start > limit) return null;
  const end = start + (long === 0 ? first : der.readUIntBE(at + 2, long));
  return end <= limit ? { tag, from: at, start, end } : null;
}

/** The values inside of a constructed one. */
export function derChildren(der: Buffer, { start, end }: Pick<DerValue, 'start' | 'end'>): DerValue[] {
  const found: DerValue[] = [];
  for (let at = start; at < end; ) {
    const value = derAt(der, at, end);
    if (value === null) break;
    found.push(value);
    at = value.end;
  }
  return found;
}

/** "2.5.29.15" */
export function oidText(bytes: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of bytes) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first = 0, ...rest] = arcs;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...rest].join('.');
}
