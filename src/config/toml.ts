// The one importer of smol-toml.
import { parse, stringify, TomlError } from 'smol-toml';

export type TomlSyntaxError = { line: number; column: number; message: string };

/** The plain data of a TOML text, or where and why it is none. The message never quotes the text. */
export function parseToml(text: string): { data: Record<string, unknown> } | { error: TomlSyntaxError } {
  try {
    return { data: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n');
    return {
      error: { line: error.line, column: error.column, message: first.replace('Invalid TOML document: ', '') },
    };
  }
}

/** `value` as it stands behind the equals sign of a TOML key: a string, number, boolean or list of strings. */
export function tomlValue(value: unknown): string {
  return stringify({ value })
    .trim()
    .replace(/^value = /, '');
}
