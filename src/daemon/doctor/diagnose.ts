import packageJson from '../../../package.json' with { type: 'json' };
import { loadKeepingMode } from '../../config/kept-mode.ts';
import { findBlockers } from '../../domain/decide/blockers.ts';
import { isLeaf } from '../../domain/decide/ownership.ts';
import type { Instant } from '../../domain/model/certificate.ts';
import {
  DIAGNOSIS_SCHEMA,
  type Diagnosis,
  DOCTOR_CHECKS,
  type DoctorCheck,
  type DoctorResult,
  worstState,
} from '../../domain/model/diagnosis.ts';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import { silentLog } from '../../host/logger.ts';
import type { Root } from '../../host/root.ts';
import { readJournal } from '../../renew/journal/journal-file.ts';
import { makeClockMemory } from '../clock-memory.ts';
import { openOrders } from '../order-book.ts';
import { decideOn, observeNode, SCHEDULED } from '../view.ts';
import { type Check, type Examined, type Finding, fails, failure, warning } from './doctor-check.ts';
import { CHECKS } from './doctor-checks.ts';

export type Patient = { root: Root; configFile: string; now: () => Instant };

/** Checks one thing after the other, each within its time limit. Reads the node itself, whether or not a daemon runs; writes nothing. */
export async function diagnose(patient: Patient, progress: (title: string) => void): Promise<Diagnosis> {
  const results: DoctorResult[] = [];
  progress('the node');
  try {
    const known = await examined(patient);
    for (const name of DOCTOR_CHECKS) {
      progress(CHECKS[name].title);
      results.push(...resultsOf(name, await within(CHECKS[name], known)));
    }
  } catch (error) {
    if (process.getuid?.() !== 0 && ['EACCES', 'EPERM'].includes(errorCode(error)))
      throw new CertagentError('NOT_ROOT', 'this user may not read the node', {
        cause: error,
        remedy: 'Run this as root: sudo certagent doctor',
      });
    results.push(...resultsOf('configuration', [failure(error)]));
    results.push(
      ...resultsOf('node', [
        warning('nothing else was checked', 'Correct the above, then run certagent doctor again.'),
      ]),
    );
  }
  return {
    schema: DIAGNOSIS_SCHEMA,
    at: patient.now(),
    version: packageJson.version,
    state: worstState(results),
    results,
  };
}

const resultsOf = (check: DoctorCheck, findings: Finding[]): DoctorResult[] =>
  findings.map((finding) => ({ check, ...finding }));

/** What a check throws is its result. */
async function within({ limit, run }: Check, known: Examined): Promise<Finding[]> {
  const late = Promise.withResolvers<Finding[]>();
  const timer = setTimeout(
    () =>
      late.resolve([fails(`no answer within ${formatDuration(limit)}`, 'See why it takes so long, then check again.')]),
    limit,
  );
  try {
    return await Promise.race([run(known), late.promise]);
  } catch (error) {
    return [failure(error)];
  } finally {
    clearTimeout(timer);
  }
}

async function examined({ root, configFile, now }: Patient): Promise<Examined> {
  const { config } = await loadKeepingMode(root, configFile);
  const { pause } = (await openOrders(root, now, silentLog)).now();
  const journal = await readJournal(root);
  const observed = await observeNode({ root, config, journal, clock: makeClockMemory(root), pause, now }, SCHEDULED);
  const view = decideOn(observed, SCHEDULED);
  const { inventory, policy, history } = observed;
  const own = inventory.certificates.filter((one) => one.owner === inventory.node.distribution && isLeaf(one));
  const ids = own.map(({ id }) => id);
  const asRenewing = { ...policy, mode: 'renew', pause: null } as const;
  const blockers =
    ids.length === 0 ? [] : findBlockers({ inventory, policy: asRenewing, history, ids, now: inventory.takenAt });
  return { root, configFile, config, view, blockers, now: inventory.takenAt };
}
