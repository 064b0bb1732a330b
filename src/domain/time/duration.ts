const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const SECOND = UNITS.s;
export const MINUTE = UNITS.m;
export const HOUR = UNITS.h;
export const DAY = UNITS.d;

/** "90d", "6h", "1h30m" → milliseconds; null when it is not written so. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+[smhd])+$/.test(text)) return null;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g))
    total += Number(count) * UNITS[unit as keyof typeof UNITS];
  return Number.isSafeInteger(total) ? total : null;
}

/** Milliseconds → its two largest units for a person: "89 d 4 h", "3 h 5 min", "12 s"; a negative one reads "-…". */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const seconds = Math.floor(Math.abs(ms) / SECOND);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  const parts =
    days > 0
      ? [`${days} d`, days < 100 && hours > 0 ? `${hours} h` : '']
      : hours > 0
        ? [`${hours} h`, minutes > 0 ? `${minutes} min` : '']
        : minutes > 0
          ? [`${minutes} min`]
          : [`${seconds} s`];
  return sign + parts.filter((part) => part !== '').join(' ');
}
