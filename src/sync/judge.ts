import type { Certificate } from '../domain/model/certificate.ts';
import { day } from '../domain/time/day.ts';
import { leadsTo } from '../host/chain.ts';
import type { NewValue } from '../host/kubeconfig-edit.ts';
import { isSignedBy } from '../host/x509.ts';
import { type Ca, readCas, type Source } from './admin-kubeconfig.ts';
import type { CopyContent } from './messages.ts';
import { certificateBlocks, certificateOf, decodeData, holdsKey } from './proof.ts';

/**
 * What becomes of a copy. `values` is empty unless `update`. `refused`: it is of this node, and somebody has to look after
 * it. `detail` names entries and reasons, never a credential.
 */
export type Judgement = { result: 'current' | 'left' | 'refused' | 'update'; detail: string; values: NewValue[] };

/** Why a copy with this proven but older certificate is not renewed; null when it may be. */
export type Permit = (certificate: Certificate) => string | null;

/** Decides over one copy's content. Whatever is in it may be forged: only proven credentials of the node are exchanged. */
export function judgeCopy(copy: CopyContent, source: Source, permit: Permit): Judgement {
  const users = copy.users.map((user) => ({ ...judgeUser(user, copy, source, permit), name: user.name }));
  const values = [
    ...users.flatMap((user, index) => (user.verdict === 'old' ? newCredentials(index, source) : [])),
    ...copy.clusters.flatMap((cluster, index) => {
      const used = users.some(
        ({ verdict, name }) => (verdict === 'old' || verdict === 'current') && isPair(copy, name, cluster.name),
      );
      return used && isOutdatedCa(cluster.ca, source) ? newCa(index, source) : [];
    }),
  ];
  if (values.length > 0) {
    const names = users.filter(({ verdict }) => verdict === 'old').map(({ name }) => inQuotes(name));
    const what = names.length > 0 ? `credentials of user ${shortList(names)}` : "the cluster's CA certificate";
    return { result: 'update', detail: `${what}; expires ${day(source.certificate.notAfter)}`, values };
  }
  const behind = users.filter(({ verdict }) => verdict === 'behind');
  if (behind.length > 0) return { result: 'refused', detail: shortList(behind.map(reason), '; '), values };
  if (users.some(({ verdict }) => verdict === 'current'))
    return { result: 'current', detail: `expires ${day(source.certificate.notAfter)}`, values };
  const reasons = users.map(reason);
  return { result: 'left', detail: reasons.length === 0 ? 'has no users' : shortList(reasons, '; '), values };
}

type User = CopyContent['users'][number];
/** `behind`: an older certificate of this node that certagent leaves. */
type UserVerdict = { verdict: 'old' | 'current' | 'behind' | 'left'; why: string };

/** The first reason that holds leaves the entry alone. */
function judgeUser(user: User, copy: CopyContent, source: Source, permit: Permit): UserVerdict {
  const left = (why: string): UserVerdict => ({ verdict: 'left', why });
  if (user.other !== null) return left(`has ${user.other}`);
  if (user.certificate === null) return left('has no embedded certificate');
  const chain = certificateBlocks(user.certificate);
  const [leaf] = chain;
  const certificate = certificateOf(leaf);
  if (leaf === undefined || certificate === null) return left('has a certificate that cannot be read');
  if (!isSameIdentity(certificate, source.certificate)) return left('is another identity');
  if (!certificate.usages.includes('clientAuth')) return left('has a certificate that is not for clients');
  if (!source.clientCas.some((ca) => leadsTo(chain, ca)))
    return left("has a certificate that the cluster's client CA did not sign");
  const key = user.key === null ? null : decodeData(user.key);
  if (key === null) return left('has no private key');
  if (!holdsKey(leaf, key)) return left('has a private key that does not belong to its certificate');
  if (!copy.clusters.some((cluster) => isPair(copy, user.name, cluster.name) && !isForeign(cluster.ca, source)))
    return left("is used with no cluster that has this cluster's CA");
  if (certificate.fingerprint === source.certificate.fingerprint) return { verdict: 'current', why: '' };
  if (certificate.notAfter > source.certificate.notAfter)
    return left(`has a certificate that expires later (${day(certificate.notAfter)}) than the node's`);
  const why = permit(certificate);
  return why === null ? { verdict: 'old', why: '' } : { verdict: 'behind', why };
}

type Named = { commonName: string | null; organizations: string[] };

export function isSameIdentity(a: Named, b: Named): boolean {
  const organizations = (named: Named) => JSON.stringify([...named.organizations].sort());
  return a.commonName !== null && a.commonName === b.commonName && organizations(a) === organizations(b);
}

function isPair(copy: CopyContent, user: string, cluster: string): boolean {
  return copy.contexts.some((context) => context.user === user && context.cluster === cluster);
}

/** A cluster entry without embedded CA (a file, a publicly trusted front, no verification) speaks against nothing. */
function isForeign(ca: string | null, source: Source): boolean {
  if (ca === null || source.caData === null || ca.replace(/\s/g, '') === source.caData) return false;
  return !readCas(ca).some((one) => isRelated(one, source));
}

/** The same CA, the same renewed with its key, or one that signed the other. */
function isRelated(ca: Ca, source: Source): boolean {
  return source.cas.some(
    (own) =>
      own.certificate.publicKey === ca.certificate.publicKey ||
      isSignedBy(own.pem, ca.pem) ||
      isSignedBy(ca.pem, own.pem),
  );
}

/** A bundle that holds the node's CA already, that holds other CAs too, or that expires later than the node's is left. */
function isOutdatedCa(ca: string | null, source: Source): boolean {
  if (ca === null || source.cas.length === 0) return false;
  const cas = readCas(ca);
  const has = (own: Ca) => cas.some((one) => one.certificate.fingerprint === own.certificate.fingerprint);
  if (cas.length === 0 || source.cas.every(has)) return false;
  const end = (all: Ca[]) => Math.max(...all.map((one) => one.certificate.notAfter));
  return cas.every((one) => isRelated(one, source)) && end(cas) <= end(source.cas);
}

function newCredentials(index: number, source: Source): NewValue[] {
  return [
    { list: 'users', index, key: 'client-certificate-data', data: source.certificateData },
    { list: 'users', index, key: 'client-key-data', data: source.keyData },
  ];
}

function newCa(index: number, source: Source): NewValue[] {
  return source.caData === null
    ? []
    : [{ list: 'clusters', index, key: 'certificate-authority-data', data: source.caData }];
}

const reason = ({ name, why }: { name: string; why: string }) => `user ${inQuotes(name)} ${why}`;

/** Names come out of a user's file: no control characters reach a terminal or a log, and their length is limited. */
function inQuotes(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name).replace(/\p{C}/gu, '?');
}

function shortList(items: string[], separator = ', '): string {
  const more = items.length - 3;
  return items.slice(0, 3).join(separator) + (more > 0 ? `${separator}and ${more} more` : '');
}
