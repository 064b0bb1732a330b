import { type Certificate, type Instant, lostSans } from '../model/certificate.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { AnswerCertificate, RefusedAnswer, SigningRequest } from '../model/signing-request.ts';
import { day } from '../time/day.ts';
import { MINUTE } from '../time/duration.ts';
import { isFor, whyOutdated } from './external-requests.ts';

/** A certificate that takes the place of another. */
export type Accepted = { request: SigningRequest; observed: ObservedCertificate; answer: AnswerCertificate };

export type Judgement = {
  accepted: Accepted[];
  /** One entry for each certificate that is wrong: while there is one, nothing is installed. */
  refused: RefusedAnswer[];
  /** Requests without an answer. */
  waiting: SigningRequest[];
};

type Known = { inventory: Pick<Inventory, 'certificates' | 'node' | 'requests'>; now: Instant };

/** The clock of a CA may be ahead of this node's by so much. */
const SKEW = 5 * MINUTE;

/**
 * Each certificate against the request that has its key, whatever its file is called. CA certificates that come with it are passed
 * over: the ones on this node count.
 */
export function judgeAnswers(answers: AnswerCertificate[], known: Known): Judgement {
  const requests = known.inventory.requests ?? [];
  const judgement: Judgement = { accepted: [], refused: [], waiting: [] };
  const answered = new Map<string, AnswerCertificate>();
  for (const answer of answers) {
    const { file, certificate } = answer;
    const request = requests.find(({ publicKey }) => publicKey === certificate.publicKey);
    if (request === undefined) {
      if (!certificate.isCa) judgement.refused.push({ file, why: ofNoRequest(certificate, requests) });
      continue;
    }
    const earlier = answered.get(request.id);
    // A bundle and the certificate beside it.
    if (earlier?.certificate.fingerprint === certificate.fingerprint) continue;
    const why =
      earlier === undefined
        ? whyNot(request, answer, known)
        : `answers the request for ${request.id}, and so does another certificate in ${earlier.file}: leave the right one`;
    answered.set(request.id, answer);
    if (why === null) judgement.accepted.push({ request, observed: replaced(request, known)!, answer });
    else judgement.refused.push({ file, why });
  }
  judgement.waiting = requests.filter(({ id }) => !answered.has(id));
  return judgement;
}

function ofNoRequest({ subject }: Certificate, requests: SigningRequest[]): string {
  const same = requests.find((request) => request.subject === subject);
  const hint =
    same === undefined
      ? ''
      : `; it has the subject of the request for ${same.id}, and another key: it answers an earlier request, or another node's`;
  return `the key of the certificate for "${subject}" is that of no waiting request${hint}`;
}

function replaced(request: SigningRequest, { inventory }: Known): ObservedCertificate | undefined {
  return inventory.certificates.find((observed) => isFor(request, observed));
}

/** Why it cannot take the place of the present certificate; null: it can. */
function whyNot(request: SigningRequest, answer: AnswerCertificate, known: Known): string | null {
  const { certificate, signers, chain, flaw } = answer;
  const observed = replaced(request, known);
  if (observed === undefined) return `${request.id} is not a certificate of a CA elsewhere any more`;
  const ca = authorityOf(observed, known);
  const of = `the certificate for ${request.id}`;
  const outdated = whyOutdated(request, observed, known.inventory.node);
  const { notBefore, notAfter } = certificate;
  const present = observed.certificate.notAfter;
  const [lost, usages] = [lostSans(request, certificate), request.usages.filter(isNotIn(certificate.usages))];
  if (certificate.isCa) return `${of} is a CA certificate`;
  if (ca === undefined) return `the CA of ${request.id} is not on this node: put its certificate in place first`;
  if (!signers.includes(ca.place.path))
    return `${of} was signed by "${certificate.issuer}", and not by the CA in ${ca.place.path} ("${ca.certificate.subject}"), nor does a certificate among the files lead there`;
  if (flaw !== null) return `${of} ${flaw}`;
  if (!isSameSubject(request, certificate))
    return `${of} has the subject "${certificate.subject}", the request has "${request.subject}"`;
  if (lost.length > 0) return `${of} lacks ${lost.join(', ')}`;
  if (usages.length > 0) return `${of} lacks the extended key usage ${usages.join(', ')}`;
  if (notAfter <= known.now) return `${of} expired on ${day(notAfter)}`;
  if (notBefore > known.now + SKEW) return `${of} is not valid before ${day(notBefore)}`;
  if (notAfter <= present)
    return `${of} expires on ${day(notAfter)}, and the present one on ${day(present)}: it must expire later`;
  const later = [...chain, ca].map((one) => one.certificate).find((one) => one.notBefore > known.now + SKEW);
  if (later !== undefined) return `the CA of ${of} ("${later.subject}") is not valid before ${day(later.notBefore)}`;
  const sooner = [...chain, ca].map((one) => one.certificate).find((one) => one.notAfter < notAfter);
  if (sooner !== undefined)
    return `${of} expires on ${day(notAfter)}, after its CA on ${day(sooner.notAfter)} ("${sooner.subject}")`;
  return outdated === null ? null : `${of} answers a request that ${outdated}`;
}

/** The first certificate of the CA's file: the one that certagent verifies with. */
function authorityOf({ issuance }: ObservedCertificate, { inventory }: Known): ObservedCertificate | undefined {
  const path = inventory.certificates.find(({ id }) => id === issuance.ca)?.place.path;
  return inventory.certificates.find(({ place }) => place.path === path && place.index === 0);
}

/** In any order: a CA may write the parts of a name as its policy has them. */
function isSameSubject(asked: SigningRequest, { subject, commonName, organizations }: Certificate): boolean {
  const parts = (name: string): string => JSON.stringify(name.split(/, | \+ /).sort());
  return (
    parts(asked.subject) === parts(subject) &&
    asked.commonName === commonName &&
    JSON.stringify([...asked.organizations].sort()) === JSON.stringify([...organizations].sort())
  );
}

const isNotIn =
  (list: string[]) =>
  (word: string): boolean =>
    !list.includes(word);

/** What the CA has added to what was asked for, in words for a person; it is installed as it is. */
export function additions({ request, answer: { certificate } }: Accepted): string[] {
  const sans = certificate.sans.filter(isNotIn(request.sans));
  const usages = certificate.usages.filter(isNotIn(request.usages));
  return [...sans, ...usages].map(
    (added) => `the certificate for ${request.id} also has ${added}, which was not requested`,
  );
}
