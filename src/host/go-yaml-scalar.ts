import { CertagentError } from '../domain/model/errors.ts';

const WORDS = new Map<string, boolean | null>([
  ...spelled(['y', 'yes', 'true', 'on'], true),
  ...spelled(['n', 'no', 'false', 'off'], false),
  ...spelled(['null'], null),
  ['~', null],
  ['', null],
]);

/** Infinity and NaN, which the JSON that follows does not have. */
const NOT_FINITE = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const WHOLE = /^([-+]?)(?:(0[xX][0-9a-fA-F]+|0[bB][01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const DECIMAL = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;

/**
 * What a plain scalar is to go-yaml v2, which follows YAML 1.1: "yes" and "n" are booleans, 0b11, 0x1f, 010 and 1_000 are
 * numbers; 190:20:30 and dates are text. Throws CertagentError BAD_YAML for infinity and NaN.
 */
export function scalarValue(text: string): string | number | boolean | null {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  if (NOT_FINITE.test(text)) throw new CertagentError('BAD_YAML', 'has a number that is not finite');
  if (isWhole(text)) return Number(wholeNumber(text));
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  const number = DECIMAL.test(digits) ? Number(digits) : Number.NaN;
  return Number.isFinite(number) ? number : text;
}

/** A number without fraction or exponent that 64 bits hold. */
export function isWhole(text: string): boolean {
  return !text.startsWith('.') && wholeNumber(text) !== null;
}

function wholeNumber(text: string): bigint | null {
  const [, sign, prefixed, octal, decimal] = WHOLE.exec(text.replaceAll('_', '')) ?? [];
  const digits = prefixed ?? (octal === undefined ? decimal : `0o${octal}`);
  // 64 bits in the longest form; BigInt takes time that grows faster than its text.
  if (digits === undefined || digits.length > 80) return null;
  const size = BigInt(digits);
  if (sign === '-') return size <= 2n ** 63n ? -size : null;
  return size < 2n ** 64n ? size : null;
}

/** The three ways in which YAML 1.1 spells a word. */
function spelled<T>(words: string[], value: T): [string, T][] {
  return words.flatMap((word): [string, T][] => [
    [word, value],
    [word[0]!.toUpperCase() + word.slice(1), value],
    [word.toUpperCase(), value],
  ]);
}
