import { DISTRIBUTION_NAMES, type Distribution } from '../../domain/distributions/names.ts';
import type { JournalRecord, Left, PlanOutcome, Undo, UnknownRecord } from '../../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../../domain/model/plan.ts';
import {
  byName,
  count,
  flag,
  instant,
  list,
  object,
  oneOf,
  optional,
  orNull,
  readAs,
  type Shape,
  tag,
  text,
  word,
  wordOf,
} from '../../host/shape.ts';
import type { StepActor } from '../steps/actor.ts';
import { ACTORS } from '../steps/actors.ts';
import { UNDOS } from '../undo/undos.ts';

/** Each record carries the version of its format. Records of earlier versions have none, and are of this format. */
const JOURNAL_VERSION = 1;

export function lineOf(record: JournalRecord): string {
  return `${JSON.stringify({ v: JOURNAL_VERSION, ...record })}\n`;
}

/**
 * A line of the journal as the record it is. Its shape is checked to the last member that a recovery uses: a line that was
 * changed is refused here by its number, and not found out in the middle of an undo. `not-json`: it may be torn.
 */
export function recordOf(line: string): JournalRecord | 'not-json' | 'unreadable' {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not-json';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'unreadable';
  return readRecord(value as Raw);
}

/** The fields that are read before the shape is known. */
type Raw = { v?: unknown; at?: unknown; type?: unknown; planId?: unknown; plan?: unknown };

function readRecord(raw: Raw): JournalRecord | 'unreadable' {
  const version = raw.v === undefined ? null : Number.isSafeInteger(raw.v) && (raw.v as number) > 0 ? raw.v : undefined;
  if (version === undefined || typeof raw.type !== 'string') return 'unreadable';
  const shape = Object.hasOwn(RECORDS, raw.type) ? RECORDS[raw.type as KnownType] : null;
  if (shape === null) return version === null ? 'unreadable' : unknown(raw, raw.type);
  const reading = readAs(shape as Shape<JournalRecord>, raw);
  if (reading.fits) return reading.value;
  if (reading.unknownWord !== null) return unknown(raw, reading.unknownWord);
  return version !== null && (version as number) > JOURNAL_VERSION ? unknown(raw, `version ${version}`) : 'unreadable';
}

function unknown({ at, type, planId, plan }: Raw, word: string): UnknownRecord {
  const time = readAs(instant, at);
  const id = planId ?? (plan as { id?: unknown } | null | undefined)?.id;
  return {
    at: time.fits ? time.value : 0,
    type: 'unknown',
    planId: typeof id === 'string' ? id : null,
    recordType: String(type),
    word,
  };
}

type KnownType = Exclude<JournalRecord['type'], 'unknown'>;
type RecordOf<Type extends KnownType> = Extract<JournalRecord, { type: Type }>;

const DISTRIBUTIONS = Object.fromEntries(DISTRIBUTION_NAMES.map((name) => [name, true])) as Record<Distribution, true>;
const RESULTS: Record<PlanOutcome['result'], true> = { succeeded: true, failed: true, 'rolled-back': true };

const step: Shape<Step> = oneOf('kind', shapesOf<Step>(ACTORS as unknown as Record<string, StepActor<Step>>));
const undo: Shape<Undo> = oneOf('kind', shapesOf<Undo>(UNDOS as unknown as Record<string, { schema: Shape<Undo> }>));
const plan: Shape<RenewalPlan> = object({
  id: text,
  createdAt: instant,
  distribution: wordOf(DISTRIBUTIONS),
  certificates: list(text),
  why: text,
  restores: optional(text),
  oldExpired: flag,
  neighbours: optional(list(text)),
  warnings: optional(list(text)),
  notRehearsed: optional(text),
  notInPlace: optional(text),
  steps: list(step),
});
const error = object({ code: text, message: text });
const left: Shape<Left> = byName(orNull(text));
const ofStep = { at: instant, planId: text, step: count };

const RECORDS: { [Type in KnownType]: Shape<RecordOf<Type>> } = {
  'plan-started': object({ at: instant, type: tag('plan-started'), plan, trigger: word(['schedule', 'manual']) }),
  'step-started': object({ ...ofStep, type: tag('step-started'), undo }),
  'step-done': object({ ...ofStep, type: tag('step-done'), detail: text, left: optional(left) }),
  'step-failed': object({
    ...ofStep,
    type: tag('step-failed'),
    error,
    goesOn: optional(tag(true)),
    left: optional(left),
  }),
  'undo-started': object({ ...ofStep, type: tag('undo-started'), undo }),
  'undo-done': object({ ...ofStep, type: tag('undo-done'), error: orNull(error) }),
  'plan-ended': object({
    at: instant,
    type: tag('plan-ended'),
    planId: text,
    result: wordOf(RESULTS),
    error: orNull(error),
    granted: list(object({ id: text, notAfter: instant })),
    reported: optional(list(error)),
  }),
  'plan-told': object({ at: instant, type: tag('plan-told'), planId: text }),
};

function shapesOf<T>(actors: Record<string, { schema: Shape<T> }>): Record<string, Shape<T>> {
  return Object.fromEntries(Object.entries(actors).map(([kind, { schema }]) => [kind, schema]));
}
