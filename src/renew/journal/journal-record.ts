import { DISTRIBUTION_NAMES } from '../../domain/distributions/names.ts';
import type { JournalRecord, Undo } from '../../domain/model/journal.ts';
import type { Step } from '../../domain/model/plan.ts';

/** True when the value has the shape of its kind. What is null there is checked as well. */
type Check = (value: unknown) => boolean;
/** `at?` in a shape is a member that may be left out. */
type Shape = Record<string, Check>;

/**
 * A line of the journal as the record it is, or null when it is none. Its shape is looked through to the last member that
 * a recovery uses: a line that was changed is refused here by its number, and not found out in the middle of an undo.
 */
export function recordOf(line: string): JournalRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  return isOneOf('type', RECORDS)(value) ? (value as JournalRecord) : null;
}

const text: Check = (value) => typeof value === 'string';
const path: Check = (value) => typeof value === 'string' && value.startsWith('/') && !value.includes('\0');
const flag: Check = (value) => typeof value === 'boolean';
const number: Check = (value) => typeof value === 'number';
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** What Date can hold. */
const instant: Check = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15;
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const word =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string);

function shape(members: Shape): Check {
  const checks = Object.entries(members);
  return (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const record = value as Record<string, unknown>;
    return checks.every(([name, check]) =>
      name.endsWith('?')
        ? record[name.slice(0, -1)] === undefined || check(record[name.slice(0, -1)])
        : check(record[name]),
    );
  };
}

/** A value whose member `tag` names which of the shapes it has. */
function isOneOf(tag: string, shapes: Record<string, Check>): Check {
  return (value) => {
    const name = (value as Record<string, unknown> | null)?.[tag];
    return typeof name === 'string' && Object.hasOwn(shapes, name) && shapes[name]!(value);
  };
}

const endpoint = { name: text, host: text, port: count, expects: text };
const pair = shape({ certificatePath: path, keyPath: path });
const endpoints = list(shape({ ...endpoint, path, 'client?': pair }));
const health = orNull(shape({ scheme: word('http', 'https'), host: text, port: count, path }));
const expectation = shape({
  id: text,
  path,
  keyPath: path,
  caPath: orNull(path),
  old: orNull(shape({ serial: text, notAfter: instant, sans: list(text), usages: list(text), subject: text })),
});
const cycle = shape({
  kind: word('cycle'),
  component: text,
  manifest: path,
  method: word('annotate', 'move'),
  processArguments: list(text),
  health,
  limit: number,
});

const STEPS: Record<Step['kind'], Check> = {
  backup: shape({ directory: path, files: list(path), directories: list(path) }),
  'kubeadm-renew': shape({ name: text, argv: list(text), writes: list(path), expect: expectation, limit: number }),
  'verify-files': shape({ expect: list(expectation) }),
  'cycle-unless-served': shape({ endpoints, patience: number, cycle }),
  cycle,
  'verify-served': shape({ endpoints, limit: number }),
  'restart-unit': shape({ unit: text, limit: number }),
  'await-ready': shape({ unit: text, health, kubeconfig: orNull(path), limit: number }),
  'await-listener': shape({ endpoint: shape(endpoint), expect: expectation, limit: number }),
};

const UNDOS: Record<Undo['kind'], Check> = {
  nothing: () => true,
  restore: shape({ backup: path, files: list(path) }),
  cycle: shape({ step: cycle }),
  'return-manifest': shape({ from: path, manifest: path, sha256: text }),
  'restart-unit': shape({ unit: text, backup: path }),
};

const plan = shape({
  id: text,
  createdAt: instant,
  distribution: word(...DISTRIBUTION_NAMES),
  certificates: list(text),
  why: text,
  oldExpired: flag,
  steps: list(isOneOf('kind', STEPS)),
});
const error = shape({ code: text, message: text });
const undo = isOneOf('kind', UNDOS);
const ofStep = { at: instant, planId: text, step: count };

const RECORDS: Record<JournalRecord['type'], Check> = {
  'plan-started': shape({ at: instant, plan, trigger: word('schedule', 'manual') }),
  'step-started': shape({ ...ofStep, undo }),
  'step-done': shape({ ...ofStep, detail: text }),
  'step-failed': shape({ ...ofStep, error }),
  'undo-started': shape({ ...ofStep, undo }),
  'undo-done': shape({ ...ofStep, error: orNull(error) }),
  'plan-ended': shape({
    at: instant,
    planId: text,
    result: word('succeeded', 'failed', 'rolled-back'),
    error: orNull(error),
    granted: list(shape({ id: text, notAfter: instant })),
  }),
  'plan-told': shape({ at: instant, planId: text }),
};
