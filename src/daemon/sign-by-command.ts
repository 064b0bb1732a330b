import { mkdir, rm } from 'node:fs/promises';
import { whyStale } from '../domain/external/requested-names.ts';
import { signingMoment } from '../domain/external/signing-moment.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import type { PlanOutcome } from '../domain/model/journal.ts';
import { said } from '../domain/text/printable.ts';
import { readAnswers, writeRequests } from '../host/exchange-files.ts';
import { hookProgram } from '../host/hook-program.ts';
import type { Log } from '../host/logger.ts';
import { requestText } from '../host/request-files.ts';
import { STATE_DIR } from '../host/root.ts';
import { readSigning, writeSigning } from '../host/signing-memory.ts';
import { endTransient, runTransient } from '../host/transient-service.ts';
import type { OwnPlans } from './own-plans.ts';
import { installNow, makeWaiting } from './signing-requests.ts';
import type { View } from './view.ts';

/** For one call: requests and answers, both public. */
const DIRECTORY = `${STATE_DIR}/signing`;
const UNIT = 'certagent-external-ca';

/**
 * When it is time: has the requests for what is due signed by external_ca.command, and installs the answer. `failed`: before there was a
 * plan, which is remembered for an alert and for the next try.
 */
export async function signByCommand(
  part: OwnPlans & { log: Log },
  view: View | null,
): Promise<PlanOutcome | 'not yet' | 'failed'> {
  const { root, now, log } = part;
  const moment = view === null ? null : signingMoment(view);
  if (view === null || moment === null || moment.at > view.inventory.takenAt) return 'not yet';
  const ids = moment.due.map(({ id }) => id);
  try {
    // Nobody else has these requests: one that is no longer what the node needs is made again.
    const { sans } = part.config().renew;
    await makeWaiting(part, moment.due, view, (each, of) => whyStale(each, of, view.inventory, sans) !== null);
    const files = await answersOf(part, ids);
    // The command has done its part: what becomes of the plan is in the journal, and the next try waits for that.
    const runPlan: OwnPlans['runPlan'] = async (plan, seen) => {
      await writeSigning(root, { failures: 0, at: now(), error: null });
      return part.runPlan(plan, seen);
    };
    const outcome = await installNow({ ...part, runPlan }, files, await part.look(), false);
    if (outcome === null) throw failed('it has signed no request that waits');
    return outcome;
  } catch (error) {
    const { failures } = await readSigning(root);
    log.error({}, `certificates are not signed: ${explain(error)}`);
    await writeSigning(root, { failures: failures + 1, at: now(), error: explain(error) });
    return 'failed';
  } finally {
    await rm(root.at(DIRECTORY), { recursive: true, force: true }).catch(() => {});
  }
}

/** As a hook runs: by systemd, outside of certagent's sandbox, within its limit. Throws CertagentError SIGNING_FAILED. */
async function answersOf({ root, config, log }: OwnPlans & { log: Log }, ids: string[]) {
  const { command, limit } = config().external_ca;
  const [named = '', ...words] = command;
  const program = await hookProgram(root, named);
  if ('refused' in program) throw failed(`${named} is not run: it ${program.refused}`);
  const [requests, answers] = [root.at(`${DIRECTORY}/requests`), root.at(`${DIRECTORY}/answers`)];
  await rm(root.at(DIRECTORY), { recursive: true, force: true });
  await mkdir(answers, { recursive: true, mode: 0o700 });
  await writeRequests(requests, await Promise.all(ids.map(async (id) => ({ id, csr: await requestText(root, id) }))));
  // The one that a killed certagent has left behind does not run beside this one.
  await endTransient(root, UNIT);
  const result = await runTransient(root, {
    unit: UNIT,
    description: 'certagent: has requests signed by a CA elsewhere',
    command: [program.path, ...words],
    user: 'root',
    environment: { CERTAGENT_REQUESTS: requests, CERTAGENT_ANSWERS: answers, CERTAGENT_CERTIFICATES: ids.join('\n') },
    limit,
  });
  const reason = said(result.stderr) ?? said(result.stdout);
  if (result.exitCode === 0) {
    log.info({ certificates: ids.length }, `${named} has run`);
    return readAnswers([answers]);
  }
  const ending = result.exitCode === null ? 'was ended' : `exited with ${result.exitCode}`;
  throw failed(`${named} ${ending}${reason === null ? '' : `: ${reason}`}`);
}

const failed = (why: string): CertagentError => new CertagentError('SIGNING_FAILED', why);
