// What an operator probably meant. Values are never quoted: one may be a secret put in the wrong place.
import { describeKeys, type KeyDescription, keysAt } from './keys.ts';
import { nearest } from './nearest.ts';
import type { KeyPath } from './toml.ts';

/** For a key that does not exist at `path`. */
export function hintForKey(path: KeyPath, key: string): string {
  const here = keysAt(path);
  if (here.includes(`${key}_file`)) return `: put it into a file, and name that file in "${key}_file"`;
  const near = nearest(key, here);
  if (near !== null) return `: did you mean "${near}"?`;
  const places = placesOf(key);
  if (places.includes('')) return ': write it at the top of the file, before the first table';
  return places.length === 1 ? `: it belongs in ${places[0]}` : '';
}

/** For a value that is not of the type of its key; empty: nothing better is known than the type. */
export function hintForValue(type: string, value: unknown): string {
  if (type === 'repeated table' && isTable(value)) return ', in double brackets: [[…]] as in [[alerts.email]]';
  if (type.startsWith('list of ') && typeof value === 'string') return ', in brackets: ["…"]';
  return '';
}

/** What replaces the general message about a text that is not a duration; null: nothing. */
export function durationHint(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const weeks = /^(\d{1,4})\s*w(?:eeks?)?$/.exec(value)?.[1];
  if (weeks !== undefined) return `is not a duration: there is no unit for weeks, write "${Number(weeks) * 7}d"`;
  const spelled = /^(\d{1,6})\s*(s|m|h|d)(?:ec(?:ond)?s?|in(?:ute)?s?|ours?|ays?)?$/.exec(value);
  return spelled === null ? null : `is not a duration: write "${spelled[1]}${spelled[2]}"`;
}

/** What replaces the general message about a text that is not a time of day; null: nothing. */
export function timeHint(value: unknown): string | null {
  const early = typeof value === 'string' ? /^(\d):([0-5]\d)$/.exec(value) : null;
  return early === null ? null : `is not a time of day: write "0${early[1]}:${early[2]}"`;
}

/** Tables that have a key of this name, as they are written; "" for the top of the file. */
function placesOf(key: string): string[] {
  const found = (keys: KeyDescription[], table: string): string[] =>
    keys.flatMap((each) => [
      ...(each.name === key ? [table] : []),
      ...found(each.keys, each.type === 'repeated table' ? `[[${each.key}]]` : `[${each.key}]`),
    ]);
  return found(describeKeys(), '');
}

const isTable = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
