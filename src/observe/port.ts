/** A TCP port as a flag or a setting gives it; null: it is none. */
export function portOf(value: unknown): number | null {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
}
