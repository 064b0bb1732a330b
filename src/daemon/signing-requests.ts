import type { ControlHandlers } from '../control/handlers.ts';
import { chooseRequests } from '../domain/external/choose-requests.ts';
import { installBlockers, installPlan } from '../domain/external/install-plan.ts';
import { type Accepted, type Judgement, judgeAnswers } from '../domain/external/judge-answers.ts';
import { addedToRequest, whyStale } from '../domain/external/requested-names.ts';
import { requiredOf } from '../domain/external/required.ts';
import type { Blocker } from '../domain/model/decision.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import type { ObservedCertificate } from '../domain/model/inventory.ts';
import type { PlanOutcome } from '../domain/model/journal.ts';
import type { RenewalPlan } from '../domain/model/plan.ts';
import {
  CSR_SCHEMA,
  type CsrReport,
  INSTALL_SCHEMA,
  type InstallFile,
  type InstallReport,
} from '../domain/model/requests-report.ts';
import type { SigningRequest } from '../domain/model/signing-request.ts';
import { planIdAt } from '../domain/plan/plan-id.ts';
import { requestLike } from '../host/certificate-request.ts';
import { readLeaf } from '../host/leaf.ts';
import { keepRequest, removeRequest, requestPath, requestText } from '../host/request-files.ts';
import type { Root } from '../host/root.ts';
import { asPairs, installingDirectory, type NewPair, newPair, stagePairs } from '../renew/external/installed-files.ts';
import { answersIn } from '../renew/external/signed-certificates.ts';
import { planSettingsOf } from './node-policy.ts';
import type { OwnPlans } from './own-plans.ts';
import { blockedBy, type View } from './view.ts';

/** What certagent offers for certificates that a CA elsewhere signs. */
export function makeRequests(part: OwnPlans): Pick<ControlHandlers, 'csr' | 'installPlan' | 'install'> {
  const { root } = part;
  return {
    csr: (request) =>
      part.exclusive(async () => {
        const view = await part.look();
        const dropped = request.drop ? await drop(root, request.names, view) : [];
        const chosen = request.drop ? [] : chooseRequests(view, request.names);
        const made = await makeWaiting(part, chosen, view, () => request.fresh);
        return csrReport(part, await part.look(), made, dropped);
      }),
    async installPlan({ files }) {
      const running = part.running();
      const view = await part.look();
      const { judgement, plan, blockers } = await decideInstall(part, files, view, true);
      const { takenAt: at, node } = view.inventory;
      const { accepted, refused, waiting } = judgement;
      const report: InstallReport = {
        schema: INSTALL_SCHEMA,
        ...{ at, node, running, plan, blockers, refused },
        accepted: accepted.map(({ request, answer }) => ({
          id: request.id,
          file: answer.file,
          notAfter: answer.certificate.notAfter,
        })),
        waiting: waiting.map(({ id }) => id),
      };
      return running === null ? report : { ...report, plan: null };
    },
    install: ({ files }, progress) =>
      part.watched(progress, () => part.exclusive(async () => installNow(part, files, await part.look(), true))),
  };
}

/**
 * Installs what was answered; null: nothing was. Throws CertagentError INSTALL_REFUSED when something in it is wrong, or RENEWAL_BLOCKED:
 * then nothing has changed.
 */
export async function installNow(
  part: OwnPlans,
  files: InstallFile[],
  view: View,
  byPerson: boolean,
): Promise<PlanOutcome | null> {
  const { judgement, plan, pairs, blockers } = await decideInstall(part, files, view, byPerson);
  const [first] = judgement.refused;
  if (first !== undefined)
    throw new CertagentError(
      'INSTALL_REFUSED',
      `nothing was installed: ${judgement.refused.map(({ file, why }) => `${file}: ${why}`).join('; ')}`,
    );
  if (blockers.length > 0) throw blockedBy(blockers);
  if (plan === null) return null;
  await stagePairs(part.root, plan.id, pairs, part.now());
  return part.runPlan(plan, view);
}

type Decided = { judgement: Judgement; plan: RenewalPlan | null; pairs: NewPair[]; blockers: Blocker[] };

async function decideInstall(
  { root, config }: OwnPlans,
  files: InstallFile[],
  view: View,
  byPerson: boolean,
): Promise<Decided> {
  const { inventory, history, policy, decisions } = view;
  const now = inventory.takenAt;
  const { answers, refused } = await answersIn(root, files, inventory);
  const judged = judgeAnswers(answers, { inventory, now });
  const judgement = { ...judged, refused: [...refused, ...judged.refused] };
  const { accepted } = judgement;
  const pairs = await pairsOf(root, accepted, judgement);
  const ids = accepted.map(({ request }) => request.id);
  // Without an answer nothing is to be done, so nothing is in its way: a worker has no static pods to restart.
  if (ids.length === 0) return { judgement, plan: null, pairs, blockers: [] };
  const blockers = installBlockers(ids, { inventory, policy, history, now, byPerson });
  if (judgement.refused.length > 0 || blockers.length > 0) return { judgement, plan: null, pairs, blockers };
  const planId = planIdAt(now, history);
  const plan = installPlan({
    ...{ accepted, inventory, decisions, policy, history, byPerson, planId, now },
    pairs: asPairs(pairs),
    from: installingDirectory(planId),
    settings: planSettingsOf(config()),
  });
  return { judgement, plan, pairs, blockers };
}

/** What cannot be replaced is one more that is wrong. */
async function pairsOf(root: Root, accepted: Accepted[], judgement: Judgement): Promise<NewPair[]> {
  const pairs: NewPair[] = [];
  for (const one of accepted)
    await newPair(root, one).then(
      (pair) => pairs.push(pair),
      (error: unknown) => judgement.refused.push({ file: one.answer.file, why: explain(error) }),
    );
  return pairs;
}

/** Requests for these certificates. One that waits stays, with its key, unless `isReplaced`. Returns the ids of the new ones. */
export async function makeWaiting(
  { root, config, now }: Pick<OwnPlans, 'root' | 'config' | 'now'>,
  chosen: ObservedCertificate[],
  { inventory }: Pick<View, 'inventory'>,
  isReplaced: (waiting: SigningRequest, observed: ObservedCertificate) => boolean,
): Promise<string[]> {
  const made: string[] = [];
  for (const observed of chosen) {
    const { id, place } = observed;
    const waiting = inventory.requests?.find((request) => request.id === id);
    if (waiting !== undefined && !isReplaced(waiting, observed)) continue;
    const { certificate, pem } = await readLeaf(root, place.path);
    const added = addedToRequest(observed, inventory, config().renew.sans);
    const required = requiredOf({ id, certificate }, inventory.node);
    const [sans, { usages }] = [[...required.sans, ...added].sort(), required];
    const request = await requestLike(pem, certificate.keyType, { added, ...required });
    const { subject, commonName, organizations } = certificate;
    const { publicKey, keyType } = request;
    const facts: SigningRequest = {
      ...{ id, createdAt: now(), publicKey, keyType },
      ...{ subject, commonName, organizations, sans, usages },
    };
    await keepRequest(root, facts, request);
    made.push(id);
  }
  return made;
}

async function drop(root: Root, names: string[], { inventory }: View): Promise<string[]> {
  const waiting = (inventory.requests ?? []).map(({ id }) => id);
  const unknown = names.find((name) => !waiting.includes(name));
  if (unknown !== undefined)
    throw new CertagentError('CSR_REFUSED', `no request waits for ${JSON.stringify(unknown)}`, {
      remedy: 'See which wait: certagent csr',
    });
  for (const id of names) await removeRequest(root, id);
  return names;
}

async function csrReport(
  { root, config }: OwnPlans,
  { inventory }: View,
  made: string[],
  dropped: string[],
): Promise<CsrReport> {
  const { sans } = config().renew;
  const requests: CsrReport['requests'] = [];
  for (const request of inventory.requests ?? []) {
    const { id } = request;
    const replaced = inventory.certificates.find((one) => one.id === id);
    const ca = inventory.certificates.find((one) => one.id === replaced?.issuance.ca);
    requests.push({
      ...request,
      path: requestPath(id),
      csr: await requestText(root, id),
      isNew: made.includes(id),
      expires: replaced?.certificate.notAfter ?? null,
      outdated: replaced === undefined ? null : whyStale(request, replaced, inventory, sans),
      ca: ca === undefined ? null : { path: ca.place.path, subject: ca.certificate.subject },
    });
  }
  const { takenAt: at, node } = inventory;
  return { schema: CSR_SCHEMA, at, node, requests, dropped };
}
