/** A threshold of a monitoring plugin: it alarms outside of [start, end], or inside where `inside`. */
export type Range = { text: string; start: number; end: number; inside: boolean };

const NUMBER = '-?\\d+(?:\\.\\d+)?';
const WRITTEN = new RegExp(`^(@?)(?:(${NUMBER}|~)?(:))?(${NUMBER})?$`);

/**
 * A range as the Monitoring Plugins Development Guidelines write it ("10:", "~:10", "10:20", "@10:20"), of days that are left.
 * A number alone means "10:", not "0:10": nobody wants an alarm because a certificate is valid for long. null: it is not one.
 */
export function parseRange(text: string): Range | null {
  const [, at, from, colon, to] = WRITTEN.exec(text) ?? [];
  if (at === undefined || (colon === undefined && to === undefined)) return null;
  const isPlain = colon === undefined && at === '';
  const start = from === '~' ? Number.NEGATIVE_INFINITY : Number(isPlain ? to : (from ?? 0));
  const end = isPlain || to === undefined ? Number.POSITIVE_INFINITY : Number(to);
  return start > end ? null : { text: isPlain ? `${to}:` : text, start, end, inside: at === '@' };
}

/** Whether a value raises the alarm. */
export function alarms({ start, end, inside }: Range, value: number): boolean {
  return (value >= start && value <= end) === inside;
}

/** The number of "10:", which alarms below 10 and nowhere else; null for any other range. */
export function lowerLimit({ start, end, inside }: Range): number | null {
  return inside || start === Number.NEGATIVE_INFINITY || end !== Number.POSITIVE_INFINITY ? null : start;
}

/** Whether a warning can never be seen: where it alarms, the critical range alarms too, and elsewhere as well. */
export function isHidden(warning: Range, critical: Range): boolean {
  const bounds = [warning.start, warning.end, critical.start, critical.end].filter(Number.isFinite);
  const points = [...new Set(bounds)].sort((a, b) => a - b);
  const between = points.slice(1).map((point, index) => (point + points[index]!) / 2);
  const all = [...points, ...between, (points[0] ?? 0) - 1, (points.at(-1) ?? 0) + 1];
  const only = (one: Range, other: Range) => all.some((value) => alarms(one, value) && !alarms(other, value));
  return !only(warning, critical) && only(critical, warning);
}
