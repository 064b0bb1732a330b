/** Whether the locale of the environment (locale(7): LC_ALL, LC_CTYPE, LANG) writes UTF-8. Without one it is "C", which does not. */
export function isUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((each) => each !== undefined && each !== '') ?? 'C';
  return /utf-?8/i.test(locale);
}

const PLAIN: Record<string, string> = {
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '•': '*',
  '→': '>',
  '·': '.',
};

/**
 * A text for a locale that is not UTF-8: our own signs as ASCII. On a terminal (`width` is known) everything else becomes "?",
 * as `ls` does it, and no text changes its width; in a pipe, names stay as they are.
 */
export function asciiText(text: string, isTTY: boolean): string {
  const plain = text.replace(/[’‘“”–•→·]/g, (sign) => PLAIN[sign]!).replaceAll('…', isTTY ? '~' : '...');
  return isTTY ? plain.replace(/\P{ASCII}/gu, '?') : plain;
}
