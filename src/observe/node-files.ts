import { stat } from 'node:fs/promises';
import { followLinks } from '../host/links.ts';
import { names, text } from '../host/quiet-reads.ts';
import type { Root } from '../host/root.ts';
import { parseYaml } from '../host/yaml.ts';

export { names, text };

/** Small reads of the node that give null or an empty list instead of an error. */

export async function exists(root: Root, path: string): Promise<boolean> {
  try {
    await stat(await followLinks(root, path));
    return true;
  } catch {
    return false;
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

export function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

export function absolute(value: unknown): string | null {
  return typeof value === 'string' && value.startsWith('/') ? value.replace(/(?<=.)\/+$/, '') : null;
}
