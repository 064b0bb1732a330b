/** Options that take the next word as their value and may stand before the command. */
const WITH_VALUE = /^(-o|--output|--root|--config)$/;

/**
 * The words of a command line that are neither options nor values of those that every command has: the command first. For
 * when the command line is the very thing that is wrong, and the parser gave up.
 */
export function plainWords(argv: string[]): string[] {
  return argv.filter((word, at) => !word.startsWith('-') && !WITH_VALUE.test(argv[at - 1] ?? ''));
}
