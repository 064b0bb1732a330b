import { outdated } from '../decide/outdated.ts';
import type { ObservedCertificate, ServedCertificate } from '../model/inventory.ts';
import { DAY, MINUTE } from '../time/duration.ts';
import type { Alert } from './alert.ts';
import { type AlertInput, grouped, isAuthority, type Member } from './input.ts';
import { counted, date, list } from './words.ts';

/** A server may take so long by itself to load what was renewed (K3s's listener and the kube-apiserver do). */
const LOADING = 10 * MINUTE;

/** What is wrong with files, keys, signatures, servers, besides ends. */
export function faultAlerts(input: AlertInput): Alert[] {
  return [
    ...keys(input),
    ...signatures(input),
    ...unreadable(input),
    ...served(input),
    ...notLoaded(input),
    ...hazards(input),
  ];
}

function keys({ inventory }: AlertInput): Alert[] {
  const withKey = inventory.certificates.flatMap(({ id, owner, key }) =>
    key.state === 'not-expected' || owner === 'copy' ? [] : [{ id, key }],
  );
  const differing = withKey.filter(({ key }) => key.state === 'differs');
  const lost = withKey.filter(({ key }) => key.state === 'missing' || key.state === 'unreadable');
  const open = withKey.filter(({ key }) => key.readableByOthers);
  return [
    ...grouped(
      differing.map(({ id, key }): Member => [id, key.path]),
      {
        code: 'KEY_MISMATCH',
        severity: 'critical',
        text: `The private key beside ${counted(differing.length, 'certificate', 'does not belong to it', 'does not belong to them')}: ${list(differing.map(({ id }) => id))}.`,
        remedy:
          'Whoever loads such a pair fails: renew it (certagent renew), or put back the files that belong together.',
      },
    ),
    ...grouped(
      lost.map(({ id, key }): Member => [id, `${key.path}: ${key.state}`]),
      {
        code: 'KEY_UNREADABLE',
        severity: 'warning',
        text: `The private key of ${counted(lost.length, 'certificate', 'is')} missing or unreadable: ${list(lost.map(({ id }) => id))}.`,
        remedy: 'Put the key back, or renew the certificate, which makes a new one: certagent renew',
      },
    ),
    ...grouped(
      open.map(
        ({ id, key }): Member => [
          id,
          `${key.path}: ${key.mode === null ? 'readable by others' : `mode ${key.mode.toString(8).padStart(4, '0')}`}`,
        ],
      ),
      {
        code: 'KEY_READABLE',
        severity: 'warning',
        text: `The private key of ${counted(open.length, 'certificate', 'is')} readable by other users: ${list(open.map(({ id }) => id))}.`,
        remedy: "Take the others' rights away (chmod 0600), and think of the key as known to them.",
      },
    ),
  ];
}

function signatures({ inventory }: AlertInput): Alert[] {
  const foreign = inventory.certificates.filter(
    (observed) => observed.issuance.state === 'not-signed' && observed.owner !== 'copy' && !isAuthority(observed),
  );
  return grouped(
    foreign.map(
      ({ id, issuance, certificate }): Member => [
        id,
        `should be signed by ${issuance.ca ?? 'its CA'}, says ${certificate.issuer}`,
      ],
    ),
    {
      code: 'NOT_SIGNED_BY_CA',
      severity: 'critical',
      text: `${counted(foreign.length, 'certificate', 'is', 'are')} not signed by the CA on this node: ${list(foreign.map(({ id }) => id))}.`,
      remedy:
        'Find out whether the CA or the certificate was replaced; peers refuse it. A renewal signs it anew: certagent renew',
    },
  );
}

function unreadable({ inventory, copies }: AlertInput): Alert[] {
  const findings = inventory.findings.filter(
    ({ owner, path }) => owner !== 'copy' || !copies.some((copy) => copy.path === path),
  );
  return grouped(
    findings.map(({ path, reason, detail }): Member => [path, detail === '' ? reason : `${reason}: ${detail}`]),
    {
      code: 'FILE_UNREADABLE',
      severity: 'warning',
      text: `${counted(findings.length, 'file', 'is', 'are')} not what ${findings.length === 1 ? 'it' : 'they'} should be: ${list(findings.map(({ path }) => path))}.`,
      remedy: 'Nothing is known of these certificates: put the files right, or take them off watch.paths.',
    },
  );
}

/** One alert for each server: a renewed file is not a renewed process. */
function served({ inventory, now }: AlertInput): Alert[] {
  return inventory.served.flatMap((each) => {
    const file = inventory.certificates.find(({ id }) => id === each.endpoint.expects);
    return each.state === 'stale' && !isLoading(file, now) ? stale(each, file, now) : [];
  });
}

function isLoading(file: ObservedCertificate | undefined, now: number): boolean {
  return file !== undefined && now >= file.file.changedAt && now - file.file.changedAt < LOADING;
}

function stale(
  { endpoint, certificate }: Extract<ServedCertificate, { state: 'current' | 'stale' }>,
  file: ObservedCertificate | undefined,
  now: number,
): Alert[] {
  const address = `${endpoint.host}:${endpoint.port}`;
  return grouped(
    [
      [address, `serves serial ${certificate.serial}, ends ${date(certificate.notAfter)}`],
      [
        endpoint.expects,
        file === undefined
          ? 'not on disk'
          : `serial ${file.certificate.serial}, ends ${date(file.certificate.notAfter)}`,
      ],
    ],
    {
      code: 'SERVED_STALE',
      subject: endpoint.name,
      severity: certificate.notAfter - now < 7 * DAY ? 'critical' : 'warning',
      text: `${endpoint.name} at ${address} serves another certificate than ${endpoint.expects} on disk.`,
      remedy: `Make ${endpoint.name} load what is on disk: restart it (a static pod: change an annotation in its manifest).`,
    },
  );
}

/** What a process that serves nothing to compare was not restarted for: it fails when the certificate it holds ends. */
function notLoaded({ inventory, now }: AlertInput): Alert[] {
  const waiting = outdated(inventory).filter(({ file }) => !isLoading(file, now));
  const components = [...new Set(waiting.map(({ component }) => component.name))];
  return grouped(
    waiting.map(
      ({ component, file }): Member => [
        file.id,
        `written ${date(file.file.modifiedAt)}; ${component.name} runs since ${date(component.startedAt)}`,
      ],
    ),
    {
      code: 'NOT_LOADED',
      severity: 'warning',
      text: `${counted(components.length, 'component', 'goes on', 'go on')} with a certificate loaded before ${list(waiting.map(({ file }) => file.id))} changed, until that ends: ${list(components)}.`,
      remedy:
        'Restart what is named (a static pod: change an annotation in its manifest), or have everything renewed and restarted: certagent renew --force',
    },
  );
}

/** CAs that a restart would make anew without a word, and with it refuse every kubeconfig there is. */
const RUINOUS = ['ca-missing', 'ca-key-missing', 'ca-unparsable', 'ca-key-mismatch'];

function hazards({ inventory: { preconditions, node } }: AlertInput): Alert[] {
  const { hazards } = preconditions;
  return grouped(
    hazards.map(({ code, path, detail }): Member => [path, detail === '' ? code : `${code}: ${detail}`]),
    {
      code: 'RESTART_HAZARD',
      severity: hazards.some(({ code }) => RUINOUS.includes(code)) ? 'critical' : 'warning',
      text: `A restart of ${node.distribution ?? 'this node'} would do harm: ${list(hazards.map(({ path }) => path))}.`,
      remedy: `Do not restart ${preconditions.unit?.name ?? 'the unit'} before these files are put right, from a backup or another server.`,
    },
  );
}
