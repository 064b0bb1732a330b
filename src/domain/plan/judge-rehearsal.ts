import { defaultsUsed } from '../distributions/kubeadm-defaults.ts';
import { asItsLogSays } from '../distributions/start-reasons.ts';
import type { Certificate } from '../model/certificate.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Renewed } from '../model/expectation.ts';
import type { AuthorityOutcome, Rehearsal, RehearsalResult, RehearsedCertificate } from '../model/rehearsal.ts';

/** `fails`: the renewal would do harm or not succeed; `doubtful`: it may; `note`: a person should know. Codes are stable. */
export type RehearsalFinding = {
  code: FindingCode;
  weight: 'fails' | 'doubtful' | 'note';
  what: string;
  remedy: string | null;
};

type FindingCode =
  | (typeof OWN)[number]
  | Extract<ErrorCode, 'KEY_TYPE_CHANGED' | 'LIFETIME_CHANGED' | 'KUBEADM_FAILED' | 'KUBEADM_TIMEOUT'>
  /** A code of `checkRenewed`, or of the reason in the log of a start. */
  | (string & {});

const OWN = [
  ...(['START_FAILED', 'START_UNEXPLAINED', 'START_NEEDED_TRIGGER', 'KUBECONFIG_REFUSED', 'LISTENER_REFUSED'] as const),
  ...(['CA_REPLACED', 'CA_MISSING', 'CA_RESTORED', 'CHAIN_CUT', 'NO_REHEARSAL'] as const),
] as const;

export type RehearsalJudgement = {
  verdict: 'passed' | 'failed' | 'doubtful' | 'impossible';
  findings: RehearsalFinding[];
};

/** What a rehearsal means for the renewal. */
export function judgeRehearsal(rehearsal: Rehearsal, result: RehearsalResult): RehearsalJudgement {
  const impossible = impossibleBecause(rehearsal, result);
  if (impossible !== null) return { verdict: 'impossible', findings: [impossible] };
  const findings = findingsOf(rehearsal, result);
  const has = (weight: RehearsalFinding['weight']) => findings.some((finding) => finding.weight === weight);
  return { verdict: has('fails') ? 'failed' : has('doubtful') ? 'doubtful' : 'passed', findings };
}

/** The second rehearsal, for a start that waits for its own expired listener; null: no cure is known. */
export function curedRehearsal(rehearsal: Rehearsal, cure: string | null, result: RehearsalResult): Rehearsal | null {
  if (rehearsal.kind !== 'start' || result.kind !== 'start' || cure === null || rehearsal.trigger !== null) return null;
  return result.readyAfter === null && result.reason?.code === 'LISTENER_EXPIRED'
    ? { ...rehearsal, trigger: cure }
    : null;
}

/** The limit of memory is the rehearsal's own. */
function impossibleBecause(rehearsal: Rehearsal, result: RehearsalResult): RehearsalFinding | null {
  const finding = (what: string): RehearsalFinding => ({ code: 'NO_REHEARSAL', weight: 'note', what, remedy: null });
  if (result.kind === 'impossible') return finding(`cannot rehearse: ${result.why}`);
  if (result.kind !== 'start' || result.readyAfter !== null || result.limitReached !== 'memory') return null;
  return finding(`cannot rehearse: the start needs more than ${rehearsal.memory / 1024 ** 2} MiB of memory`);
}

type Done = Exclude<RehearsalResult, { kind: 'impossible' }>;

function findingsOf(rehearsal: Rehearsal, result: RehearsalResult): RehearsalFinding[] {
  const done = result as Done;
  const changes = [
    ...authorityFindings(rehearsal, done.authorities),
    ...(done.kind === 'command' ? callFindings(done) : []),
  ];
  if (done.kind === 'start' && done.readyAfter === null) return [startFinding(done), ...changes];
  const renewed = renewedOf(rehearsal, done.certificates);
  return [
    ...changes,
    ...done.certificates.filter(wasTried(done)).flatMap(problemOf),
    ...(done.kind === 'start' ? servingFindings(done) : defaultsFindings(renewed)),
    ...done.certificates.flatMap(cutOf),
  ];
}

function startFinding({ reason, ending }: Extract<Done, { kind: 'start' }>): RehearsalFinding {
  if (reason !== null)
    return {
      code: reason.code,
      weight: 'fails',
      what: `the start would not succeed; ${asItsLogSays(reason)}`,
      remedy: reason.remedy,
    };
  return {
    code: 'START_UNEXPLAINED',
    weight: 'doubtful',
    what: `the start did not succeed in the sandbox, and its log does not say why in words that certagent knows: ${ending ?? 'it was not ready'}`,
    remedy:
      'See whether the node has settings that need more than its own files. To renew without a rehearsal: renew.rehearse = "never".',
  };
}

function servingFindings({ kubeconfig, listener }: Extract<Done, { kind: 'start' }>): RehearsalFinding[] {
  const finding = (code: FindingCode, what: string): RehearsalFinding => ({
    code,
    weight: 'fails',
    what,
    remedy: null,
  });
  return [
    ...(kubeconfig === null
      ? []
      : [finding('KUBECONFIG_REFUSED', `the administrator's kubeconfig would not work: ${kubeconfig}`)]),
    ...(listener === null
      ? []
      : [finding('LISTENER_REFUSED', `the listener would not serve a valid certificate: ${listener}`)]),
  ];
}

const AUTHORITIES: Record<AuthorityOutcome['state'], ((path: string) => RehearsalFinding) | null> = {
  unchanged: null,
  restored: (path) => ({
    code: 'CA_RESTORED',
    weight: 'note',
    what: `${path} is missing, and the start restores the same CA`,
    remedy: null,
  }),
  replaced: (path) => ({
    code: 'CA_REPLACED',
    weight: 'fails',
    what: `the start would make or load another CA in ${path}, and every kubeconfig of the present one would be refused`,
    remedy: `Restore ${path} and its key from a backup. After a rotation of the CA: restart the unit yourself.`,
  }),
  missing: (path) => ({
    code: 'CA_MISSING',
    weight: 'fails',
    what: `${path} or its key is missing, and the start does not restore it`,
    remedy: `Restore ${path} and its key from a backup.`,
  }),
};

/** Of each CA something must be known: where nothing is, or less than the renewal depends on, it counts as missing. */
function authorityFindings({ authorities }: Rehearsal, outcomes: AuthorityOutcome[]): RehearsalFinding[] {
  return authorities.flatMap(({ path, mustBeRestored }) => {
    const state = outcomes.find((outcome) => outcome.path === path)?.state ?? 'missing';
    return AUTHORITIES[mustBeRestored && state === 'unchanged' ? 'missing' : state]?.(path) ?? [];
  });
}

function callFindings({ calls }: Extract<Done, { kind: 'command' }>): RehearsalFinding[] {
  return calls
    .filter(({ exitCode }) => exitCode !== 0)
    .map(({ id, exitCode, timedOut, said }) => ({
      code: timedOut ? 'KUBEADM_TIMEOUT' : 'KUBEADM_FAILED',
      weight: 'fails',
      what: `kubeadm would not renew ${id}: it ${timedOut ? 'did not finish in time' : `exited with ${exitCode ?? 'a signal'}`}${said === null ? '' : ` and said "${said}"`}`,
      remedy: null,
    }));
}

/** Behind a call that failed nothing was renewed, and that is no finding of its own. */
function wasTried(done: Done) {
  return ({ id }: RehearsedCertificate): boolean =>
    done.kind === 'start' ||
    done.calls.every(({ exitCode }) => exitCode === 0) ||
    done.calls.some((call) => call.id === id && call.exitCode === 0);
}

/** Nothing is known of a certificate that was broken, so that it need only be there. */
function problemOf({ problem }: RehearsedCertificate): RehearsalFinding[] {
  return problem === null ? [] : [{ code: problem.code, weight: 'fails', what: problem.message, remedy: null }];
}

function cutOf({ path, before, after }: RehearsedCertificate): RehearsalFinding[] {
  if (before === null || after === null || after.chain >= before.chain) return [];
  const what = `${path} holds a chain of ${before.chain} certificates, and ${after.chain} would be left`;
  return [{ code: 'CHAIN_CUT', weight: 'note', what, remedy: null }];
}

/** kubeadm's own defaults instead of the cluster's settings: with an API that answers it would not use them. */
function defaultsFindings(renewed: Renewed[]): RehearsalFinding[] {
  return defaultsUsed(renewed).map(({ code, message }) => ({
    code,
    weight: 'doubtful',
    what: message,
    remedy: "Set renew.kubeadm_config to the cluster's kubeadm configuration file, or wait until its API answers.",
  }));
}

function renewedOf({ certificates }: Rehearsal, outcomes: RehearsedCertificate[]): Renewed[] {
  return certificates.flatMap((expect) => {
    const after = outcomes.find(({ id }) => id === expect.id)?.after ?? null;
    return after === null ? [] : [{ expect, certificate: after as unknown as Certificate }];
  });
}
