import type { Instant } from '../../domain/model/certificate.ts';

/** A MicroTime of the API ("2026-11-27T16:48:33.123456Z") in milliseconds; null when it is not one. */
export function fromMicroTime(text: string | null | undefined): Instant | null {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text))
    return null;
  const at = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(at) ? null : at;
}

export function toMicroTime(at: Instant): string {
  return new Date(at).toISOString().replace('Z', '000Z');
}
