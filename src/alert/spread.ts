/** A pause of about `delay` milliseconds. Many nodes lose the same relay or service at one moment: they must not all come back at one moment. */
export function spread(delay: number): number {
  return delay * (0.75 + Math.random() / 2);
}
