import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { readSmall, writeAtomic } from '../host/files.ts';
import { parseConfig, setsMode } from './load.ts';
import type { Config } from './schema.ts';
import { parseToml } from './toml.ts';

const SET = /^(\s*(?:mode|"mode"|'mode')\s*=\s*)(?:"[^"]*"|'[^']*')/;
const COMMENTED = /^#\s*mode\s*=.*$/;
const TABLE = /^\s*\[/;

/**
 * Sets `mode` in a configuration file, which is created where it is missing; its owner and permissions stay. Returns whether
 * it was changed. Throws what `withMode` throws, or the operating system's error.
 */
export async function setMode(file: string, mode: Config['mode']): Promise<boolean> {
  const there = await readSmall(file).catch((error) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  const text = there?.bytes.toString('utf8') ?? '';
  if (there !== null && (await parseConfig(text, file)).mode === mode && setsMode(text)) return false;
  if (there === null) await mkdir(dirname(file), { recursive: true, mode: 0o755 });
  // With its access control list: a file without one would show its group the secret addresses in it.
  const kept = there === null ? { mode: 0o640 } : { ...there.facts, like: file };
  await writeAtomic(file, await withMode(text, mode, file), kept);
  return true;
}

/**
 * The text of a configuration with `mode` changed and nothing else: comments, order and line breaks stay. `file` is what
 * errors call it. Throws ConfigError for a text that has errors, and CertagentError CONFIG_NOT_EDITED.
 */
export async function withMode(text: string, mode: Config['mode'], file: string): Promise<string> {
  const before = await parseConfig(text, file);
  const lines = text.split('\n');
  const parsed = parseToml(text);
  const at = 'problem' in parsed ? null : parsed.lineOf(['mode']);
  const end = lines.findIndex((line) => TABLE.test(line));
  const commented = lines.findIndex((line, index) => COMMENTED.test(line) && (end === -1 || index < end));
  if (at !== null) lines[at - 1] = lines[at - 1]!.replace(SET, `$1"${mode}"`);
  else if (commented !== -1) lines[commented] = `mode = "${mode}"${lines[commented]!.endsWith('\r') ? '\r' : ''}`;
  else lines.unshift(`mode = "${mode}"`);
  const changed = lines.join('\n');
  const after = await parseConfig(changed, file).catch(() => null);
  if (after !== null && isDeepStrictEqual(after, { ...before, mode })) return changed;
  throw new CertagentError('CONFIG_NOT_EDITED', `${file}: mode is written in a form that certagent does not edit`, {
    remedy: `Set mode = "${mode}" by hand, then: certagent reload`,
  });
}
