import { readdir, stat } from 'node:fs/promises';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { parseYaml } from '../host/yaml.ts';

/** Small reads of the node that give null or an empty list instead of an error. */

export async function exists(root: Root, path: string): Promise<boolean> {
  try {
    await stat(await followLinks(root, path));
    return true;
  } catch {
    return false;
  }
}

/** Text of a settings file; null when it is not there or cannot be read. */
export async function text(root: Root, path: string): Promise<string | null> {
  try {
    return await readTextIfThere(await followLinks(root, path));
  } catch {
    return null;
  }
}

/** A YAML mapping; null when the file does not exist, cannot be read, or holds something else. */
export async function settings(root: Root, path: string): Promise<Record<string, unknown> | null> {
  const content = await text(root, path);
  if (content === null) return null;
  try {
    return record(parseYaml(content));
  } catch {
    return null;
  }
}

/** Names in a directory, sorted; empty when it cannot be read. */
export async function names(root: Root, directory: string): Promise<string[]> {
  try {
    return (await readdir(await followLinks(root, directory))).sort();
  } catch {
    return [];
  }
}

export function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

export function absolute(value: unknown): string | null {
  return typeof value === 'string' && value.startsWith('/') ? value.replace(/(?<=.)\/+$/, '') : null;
}
