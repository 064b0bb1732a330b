/** systemd's unit files and environment files, parsed as systemd parses them (systemd.service(5), systemd.exec(5)). */

/** The assignments of the `[Service]` sections, in order. A backslash at the end of a line continues it in the next one. */
export function serviceAssignments(text: string): [key: string, value: string][] {
  let section = '';
  return logicalLines(text).flatMap((line): [string, string][] => {
    const header = /^\[(.*)\]$/.exec(line);
    if (header !== null) section = header[1]!;
    const match = /^([A-Za-z]+)\s*=\s*(.*)$/s.exec(line);
    return section === 'Service' && match !== null ? [[match[1]!, match[2]!]] : [];
  });
}

/** `NAME=value` of an environment file. */
export function environmentAssignments(text: string): [name: string, value: string][] {
  return logicalLines(text).flatMap((line): [string, string][] => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s.exec(line);
    if (match === null) return [];
    // A value need not be quoted to hold spaces.
    const value = match[2]!;
    return [[match[1]!, /^['"]/.test(value) ? words(value).join(' ') : value.replace(/\\(.)/g, '$1')]];
  });
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let continued = false;
  for (const each of text.split(/\r?\n/)) {
    const line = each.trim();
    // A comment between continued lines does not interrupt them.
    if (/^[#;]/.test(line)) continue;
    const goesOn = line.endsWith('\\');
    const part = goesOn ? line.slice(0, -1).trimEnd() : line;
    if (continued) lines.push(`${lines.pop()} ${part}`.trim());
    else lines.push(part);
    continued = goesOn;
  }
  return lines.filter((line) => line !== '');
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', s: ' ', t: '\t' };

/** The words of a line: quotes keep spaces, a backslash keeps the next character. */
export function words(line: string): string[] {
  const found: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]!;
    if (character === '\\' && at + 1 < line.length) {
      at += 1;
      word = `${word ?? ''}${ESCAPES[line[at]!] ?? line[at]!}`;
    } else if (quote !== '' && character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== null) found.push(word);
      word = null;
    } else word = `${word ?? ''}${character}`;
  }
  return word === null ? found : [...found, word];
}

/** `%n`, `%N`, `%p`, `%i` and `%%`; other specifiers stay as they are. */
export function withSpecifiers(word: string, unit: string): string {
  const [prefix, instance] = unit.split(/@(.*)/s);
  const values: Record<string, string> = { n: `${unit}.service`, N: unit, p: prefix!, i: instance ?? '', '%': '%' };
  return word.replace(/%(.)/g, (whole, letter: string) => values[letter] ?? whole);
}

/** `$NAME` as a word of its own becomes the words of its value, `${NAME}` its value wherever it is. */
export function withVariables(argv: string[], environment: ReadonlyMap<string, string>): string[] {
  return argv.flatMap((word) => {
    const alone = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(word);
    if (alone !== null) return words(environment.get(alone[1]!) ?? '');
    return word.replace(/\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string | undefined) =>
      name === undefined ? '$' : (environment.get(name) ?? ''),
    );
  });
}
