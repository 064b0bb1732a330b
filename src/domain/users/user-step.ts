import { automaticMoment } from '../decide/automatic-moment.ts';
import { type Certificate, type Instant, lifetime } from '../model/certificate.ts';
import type { Policy } from '../model/decision.ts';
import type { UserMemory, UserNext, UserSpec } from '../model/user-certificate.ts';
import { requestAgainAt } from '../time/back-off.ts';
import { date, day } from '../time/day.ts';
import { isSame } from './judge-user-certificate.ts';

/** The entry of a kubeconfig that has a certificate for the user. `isProven`: its private key belongs to it. */
export type FoundUser = {
  certificate: Certificate;
  isSigned: boolean;
  isProven: boolean;
  /** It is whole, and the replacement of its two files was interrupted. */
  isHalfway: boolean;
  /** Why certagent cannot write the entry; null: it can. */
  fixed: string | null;
};

/** What a kubeconfig holds. `found` null: no certificate for this user. */
export type UserSight = { state: 'read'; found: FoundUser | null } | { state: 'absent'; isGone: boolean };

export type UserCase = {
  spec: UserSpec;
  memory: UserMemory;
  sight: UserSight;
  policy: Policy;
  /** Why the clock is not believed; null: it is. */
  clockDoubt: string | null;
  now: Instant;
};

/**
 * What is done now. `drop`: the request is for what is not wanted any more. `finish`: an accepted certificate is written. `done`: it is in the
 * file. `follow`: the request is looked at. `request`: one is made.
 */
export type UserStep = { do: 'drop' | 'finish' | 'done' | 'follow' | 'request' } | { do: 'nothing'; next: UserNext };

/** The first that holds decides. What gives access comes last. */
export function userStep(known: UserCase): UserStep {
  const { spec, memory, sight, policy, clockDoubt, now } = known;
  const { request } = memory;
  const found = sight.state === 'read' ? sight.found : null;
  if (request !== null && found?.isProven === true && found.certificate.publicKey === request.publicKey)
    return { do: found.isHalfway && request.certificate !== null ? 'finish' : 'done' };
  // Its key and its certificate may be in two files, of which one is written.
  if (request?.certificate != null && isWanted(known)) return { do: 'finish' };
  // What root has ordered by name does not depend on what is in the file.
  const isOrdered = request?.replaces === null && isWanted(known);
  const why = isOrdered ? null : whyStopped(known);
  if (why !== null) return request === null ? stopped(why) : { do: 'drop' };
  if (request !== null && !isWanted(known)) return { do: 'drop' };
  if (clockDoubt !== null) return waits(now, `the clock is not trusted: ${clockDoubt}`);
  const { pause = null } = policy;
  if (pause !== null && pause.until > now)
    return waits(pause.until, `renewals are paused until ${date(pause.until)} (${pause.reason})`);
  if (request !== null || found === null) return { do: 'follow' };
  const window = userWindow(found.certificate, policy);
  // The configuration has changed: what the user has now is not what it says.
  const differs = !isSame(found.certificate.organizations, spec.groups);
  const opensAt = differs ? now : window.opensAt;
  const from = Math.max(now, requestAgainAt({ failures: memory.failures, at: memory.failedAt }, now));
  const at = automaticMoment({ window: { ...window, opensAt, wishedAt: opensAt }, policy }, from);
  if (at <= now) return { do: 'request' };
  if (now < opensAt) return { do: 'nothing', next: { is: 'valid', until: opensAt } };
  if (memory.error !== null) return { do: 'nothing', next: { is: 'failed', until: at, why: memory.error } };
  return waits(at, 'its maintenance window');
}

/** The usual third and sixth of its lifetime, or what the configuration says where that is later. */
export function userWindow(certificate: Certificate, { opens, urgent }: Pick<Policy, 'opens' | 'urgent'>) {
  const lasts = lifetime(certificate);
  const opensAt = certificate.notAfter - Math.min(opens, Math.floor(lasts / 3));
  const urgentAt = certificate.notAfter - Math.min(urgent, Math.floor(lasts / 6));
  return { opensAt: Math.min(opensAt, urgentAt), urgentAt, wishedAt: opensAt };
}

/** The command that gives a user a certificate again. */
export const againBy = ({ user }: Pick<UserSpec, 'user'>): string =>
  `To give this user a certificate all the same: certagent user add ${user}`;

/** Whether the request still asks for what the configuration says, in the place of what the file holds. */
function isWanted({ spec, memory: { request }, sight }: UserCase): boolean {
  if (request === null || request.expires !== spec.expires || !isSame(request.groups, spec.groups)) return false;
  if (sight.state === 'absent') return request.replaces === null;
  const fingerprint = sight.found?.certificate.fingerprint ?? null;
  return request.replaces === fingerprint || request.replaces === null;
}

/** Why nothing is requested before a person acts: expiry is the only revocation that Kubernetes has, and it must stay one. */
function whyStopped({ spec, memory, sight, now }: UserCase): { why: string; remedy: string } | null {
  const again = againBy(spec);
  const because = (why: string, remedy = again) => ({ why, remedy });
  if (sight.state === 'absent') return whyAbsent(spec, sight.isGone);
  const { found } = sight;
  if (found === null) return because(`holds no client certificate for ${spec.user}`);
  const { certificate, isSigned, isProven, fixed } = found;
  const { known, gone, denied } = memory;
  if (!isSigned) return because(`holds a certificate for ${spec.user} that the cluster's client CA did not sign`);
  if (!isProven) return because(`holds no private key that belongs to the certificate for ${spec.user}`);
  if (!certificate.usages.includes('clientAuth') || certificate.isCa)
    return because(`holds a certificate for ${spec.user} that is not for clients`);
  if (now > certificate.notAfter)
    return because(`holds a certificate for ${spec.user} that expired on ${day(certificate.notAfter)}`);
  if (now < certificate.notBefore)
    return because(`holds a certificate for ${spec.user} that is not valid before ${day(certificate.notBefore)}`);
  const isNewer = known === null || certificate.notAfter > known.notAfter;
  const isKnown = known?.fingerprint === certificate.fingerprint;
  if (gone && !isNewer) return because('was removed before, and came back with the certificate of that time');
  if (!isKnown && !isNewer)
    return because(`holds an older certificate for ${spec.user} than the one that certagent has seen in it`);
  if (denied !== null && isKnown) return because(`the request for its successor was denied: ${denied}`);
  if (fixed !== null)
    return because(fixed, 'Write the entry with embedded data, or with plain names of files beside it.');
  return null;
}

/** `isGone`: the home is there, and the file is not. */
function whyAbsent({ user }: UserSpec, isGone: boolean): { why: string; remedy: string } {
  return isGone
    ? {
        why: 'there is no such file, so there is no certificate to renew',
        remedy: `To make it, with a first certificate: certagent user add ${user}. To take the access away, remove the entry from users.certificates`,
      }
    : {
        why: 'its home directory does not exist, or belongs to another account',
        remedy: 'Mount or correct the home directory, or correct kubeconfig in users.certificates',
      };
}

function stopped({ why, remedy }: { why: string; remedy: string }): UserStep {
  return { do: 'nothing', next: { is: 'stopped', why, remedy } };
}

function waits(until: Instant, why: string): UserStep {
  return { do: 'nothing', next: { is: 'due', until, why } };
}
