import type { SchemaIssue } from './fields.ts';
import { durationHint, hintForKey, hintForValue, timeHint } from './hints.ts';
import { typeAt } from './keys.ts';
import type { Problem } from './rules.ts';
import type { KeyPath } from './toml.ts';

/** The schema's faults in words for an operator. Values are never quoted. */
export function problemsOf(issues: readonly SchemaIssue[], data: unknown): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = issue.path as KeyPath;
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key) }));
    return [{ path, message: message(issue, path, data) }];
  });
}

function unknownKey(path: KeyPath, key: string): string {
  return `is not a key of the configuration${hintForKey(path, key)}`;
}

function message(issue: SchemaIssue, path: KeyPath, data: unknown): string {
  const value = valueAt(data, path);
  if (value === undefined) return 'is missing';
  const type = typeAt(path);
  const meant = type === 'duration' ? durationHint(value) : type === 'time of day' ? timeHint(value) : null;
  if (meant !== null) return meant;
  if (issue.code === 'too_small' && issue.origin === 'array') return 'must not be empty';
  if (issue.message !== GENERIC && issue.message !== '') return issue.message;
  return type === null ? 'has an invalid value' : `must be ${article(type)}${hintForValue(type, value)}`;
}

/** zod/mini's message when no locale is loaded. */
const GENERIC = 'Invalid input';

function valueAt(data: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | undefined)?.[part], data);
}

function article(type: string): string {
  if (/^(one of|true|text)/.test(type)) return type;
  if (type === 'duration') return 'a duration, as in "90d"';
  if (type === 'time of day') return 'a time of day, as in "02:00"';
  return `a ${type}`;
}
