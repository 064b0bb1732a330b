/** The end of a path says more than its beginning. */
export function shortened(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

/**
 * Each of these names in at most `width` columns, and no two alike: the end, or where ends are alike also as much of the
 * beginning as makes the difference, or a number.
 */
export function distinct(names: Iterable<string>, width: number): Map<string, string> {
  const all = [...new Set(names)];
  for (let head = 0; head < width - 1; head += 1) {
    const short = all.map((name) => ends(name, width, head));
    if (new Set(short).size === all.length) return new Map(all.map((name, at) => [name, short[at]!]));
  }
  const used = new Set<string>();
  return new Map(
    all.map((name) => {
      let short = shortened(name, width);
      for (let number = 2; used.has(short); number += 1) {
        const mark = `~${number}`;
        short = `${shortened(name, Math.max(width - mark.length, 1))}${mark}`;
      }
      used.add(short);
      return [name, short];
    }),
  );
}

function ends(name: string, width: number, head: number): string {
  if (name.length <= width) return name;
  return `${name.slice(0, head)}…${name.slice(name.length - (width - 1 - head))}`;
}
