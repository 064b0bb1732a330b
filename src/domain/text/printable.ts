/**
 * Control characters (an escape sequence begins with one), and characters that reorder, join or hide text: names, paths
 * and outputs come from files and programs of others, and must not steer a terminal or a mail program.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The text with every such character replaced, line ends too. */
export function printable(text: string): string {
  return text.replace(UNSAFE, '\u{fffd}');
}

/** As `printable`, for a text that may have several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/**
 * The same data with every string in it made printable, names of members too. Nearly always all of it is plain text: one
 * search in its JSON takes a fifth of the time of one in each string.
 */
export function printableData<T>(data: T): T {
  return NOT_PLAIN.test(JSON.stringify(data) ?? '') ? everyStringOf(data) : data;
}

/** What is not plain ASCII in a JSON text, as itself or escaped. A backslash before an n looks like that too: it costs time. */
const NOT_PLAIN = /[^ -~]|\\[^"\\]/;

function everyStringOf<T>(data: T): T {
  if (typeof data === 'string') return printable(data) as T;
  if (Array.isArray(data)) return data.map(everyStringOf) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [printable(key), everyStringOf(value)])) as T;
}

/** A JSON text that says the same and shows nothing to a terminal: JSON.stringify escapes only what is below U+0020. */
export function printableJson(json: string): string {
  // Line ends and tabs stand between tokens: within a string JSON has them escaped already.
  return json.replace(UNSAFE, (character) =>
    /[\n\r\t]/.test(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** At most `limit` characters of a text that others made, in one printable line. */
export function short(text: string, limit = 300): string {
  // Cut first: it may be a mebibyte.
  const line = printable(text.slice(0, limit + 1).replace(/\s+/g, ' ')).trim();
  return line.length > limit || text.length > limit + 1 ? `${line.slice(0, limit)}…` : line;
}

const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;

/** What a program printed, for a sentence: the first line that `counts`, without colours, printable, at most `limit` characters. */
export function said(output: string, counts: (line: string) => boolean = () => true, limit = 300): string | null {
  for (const line of output.split('\n')) {
    const plain = line.slice(0, 4 * limit).replace(SEQUENCE, '');
    if (plain.trim() !== '' && counts(plain)) return short(plain, limit);
  }
  return null;
}
