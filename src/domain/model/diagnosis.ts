import type { Instant } from './certificate.ts';

export const DIAGNOSIS_SCHEMA = 'certagent.doctor/v1';

/** What `certagent doctor` checks, in this order. daemon/doctor/doctor-checks.ts does not compile without one of them. */
export const DOCTOR_CHECKS = [
  'configuration',
  'daemon',
  'node',
  'programs',
  'renewal',
  'ca-keys',
  'clock',
  'disk',
  'rehearsal',
  'servers',
  'cluster',
  'watching',
  'hooks',
  'copies',
  'sinks',
] as const;

export type DoctorCheck = (typeof DOCTOR_CHECKS)[number];

/** `fails`: the next renewal or alert would fail, or not happen. */
export type DoctorState = 'ok' | 'warning' | 'fails';

/** One line. `remedy` null: there is nothing to do. */
export type DoctorResult = { check: DoctorCheck; state: DoctorState; what: string; remedy: string | null };

/** What `certagent doctor -o json` prints. `state`: the worst of all. */
export type Diagnosis = {
  schema: typeof DIAGNOSIS_SCHEMA;
  at: Instant;
  version: string;
  state: DoctorState;
  results: DoctorResult[];
};

export function worstState(results: readonly Pick<DoctorResult, 'state'>[]): DoctorState {
  if (results.some(({ state }) => state === 'fails')) return 'fails';
  return results.some(({ state }) => state === 'warning') ? 'warning' : 'ok';
}
