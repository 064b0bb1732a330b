import { requestsInWords } from '../../cluster/serving-requests.ts';
import { hazardRemedy } from '../../decide/hazard-remedy.ts';
import { HAZARDS } from '../../decide/hazards.ts';
import { outdated } from '../../decide/outdated.ts';
import type { ObservedCertificate, ServedCertificate } from '../../model/inventory.ts';
import { DAY, MINUTE } from '../../time/duration.ts';
import type { Found, Member, NodeState } from '../input.ts';
import { renewing } from '../remedies.ts';
import { counted, date, list } from '../words.ts';

/** A server may take so long to load what was renewed (K3s's listener and the kube-apiserver poll their files). */
const LOADING = 10 * MINUTE;

/** One alert for each server: a renewed file is not a renewed process. */
export function servedStale({ inventory, now }: NodeState): Found[] {
  return inventory.served.flatMap((each) => {
    const file = inventory.certificates.find(({ id }) => id === each.endpoint.expects);
    const component = each.endpoint.name === 'etcd-peer' ? 'etcd' : each.endpoint.name;
    const unit = inventory.preconditions.components.find(({ name }) => name === component)?.runBy?.unit ?? null;
    return each.state === 'stale' && !isLoading(file, now) ? stale(each, file, unit, now) : [];
  });
}

function isLoading(file: ObservedCertificate | undefined, now: number): boolean {
  return file !== undefined && now >= file.file.changedAt && now - file.file.changedAt < LOADING;
}

function stale(
  { endpoint, certificate }: Extract<ServedCertificate, { state: 'current' | 'stale' }>,
  file: ObservedCertificate | undefined,
  unit: string | null,
  now: number,
): Found[] {
  const { name, host, port, expects } = endpoint;
  const address = `${host}:${port}`;
  const says = ({ serial, notAfter }: Pick<ObservedCertificate['certificate'], 'serial' | 'notAfter'>) =>
    `serial ${serial}, expires ${date(notAfter)}`;
  return [
    {
      subject: name,
      severity: certificate.notAfter - now < 7 * DAY ? 'critical' : 'warning',
      members: [
        [address, `serves ${says(certificate)}`],
        [expects, file === undefined ? 'not on disk' : says(file.certificate)],
      ],
      text: `${name} at ${address} does not serve ${expects} as it is on disk.`,
      remedy: `Make ${name} load what is on disk: ${unit === null ? 'restart it (a static pod: change an annotation in its manifest).' : `systemctl restart ${unit}`}`,
    },
  ];
}

/** One alert for each copy: it is whole, and its service does not use it. */
export function copiesNotLoaded({ copies, now }: NodeState): Found[] {
  return copies.flatMap(({ path, service, result }) => {
    if (service === undefined || result === 'pending') return [];
    const { reload, served } = service;
    const isStale = served?.state === 'stale';
    const members: Member[] = [];
    if (reload !== null) members.push(['reload', reload]);
    if (served?.state === 'stale') members.push([served.address, `serves one that expires ${date(served.notAfter)}`]);
    if (served?.state === 'unreachable') members.push([served.address, served.detail]);
    const expiresSoon = served?.state === 'stale' && served.notAfter - now < 7 * DAY;
    const what = isStale ? 'serves another certificate' : reload !== null ? 'was not reloaded' : 'does not answer';
    return [
      {
        subject: path,
        severity: expiresSoon ? 'critical' : 'warning',
        members,
        text: `The service that uses ${path} ${what}.`,
      } as const,
    ];
  });
}

/** What a process that serves nothing to compare was not restarted for: it fails when the certificate it holds expires. */
export function notLoaded(state: NodeState): Found[] {
  const waiting = outdated(state.inventory).filter(({ file }) => !isLoading(file, state.now));
  const components = [...new Set(waiting.map(({ name }) => name))];
  const files = waiting.map(({ file }) => file.id);
  // A renewal restarts the control plane's own components.
  const isOurs = components.every((name) => state.inventory.preconditions.components.some((one) => one.name === name));
  const advice = ', or have everything renewed and restarted: certagent renew --force';
  const renew = isOurs ? renewing(state, files, advice) : null;
  return [
    {
      members: waiting.map(({ name, startedAt, file }) => [
        waiting.some((other) => other.file === file && other.name !== name) ? `${file.id} in ${name}` : file.id,
        `written ${date(file.file.modifiedAt)}; ${name} has run since ${date(startedAt)}`,
      ]),
      text: `${counted(components.length, 'component', 'has', 'have')} not loaded the new ${list(files)}, and ${components.length === 1 ? 'fails' : 'fail'} when the previous certificate expires: ${list(components)}.`,
      remedy: `Restart ${list(components)} (a static pod: change an annotation in its manifest)${renew ?? '.'}`,
    },
  ];
}

/** The names are no members: a kubelet that waits for long asks again, and that is the same state. */
export function servingRequested({ servingRequests = [] }: NodeState): Found[] {
  if (servingRequests.length === 0) return [];
  const { text, remedy } = requestsInWords(servingRequests);
  return [{ members: [['kubelet', servingRequests.map(({ name }) => name).join(', ')]], text, remedy }];
}

export function restartHazards({ inventory }: NodeState): Found[] {
  const { preconditions, node } = inventory;
  const { hazards } = preconditions;
  const isCritical = hazards.some(({ code }) => HAZARDS[code].severity === 'critical');
  const remedies = new Set(hazards.map((hazard) => hazardRemedy(hazard, inventory)));
  return [
    {
      severity: isCritical ? 'critical' : 'warning',
      members: hazards.map(({ code, path, detail }) => [path, detail === '' ? code : `${code}: ${detail}`]),
      text: `A restart of ${node.distribution ?? 'this node'} would do harm: ${list(hazards.map(({ path }) => path))}.`,
      // The same words as the blocker's: one says what the other forbids.
      remedy: [
        ...(isCritical ? [`Do not restart ${preconditions.unit?.name ?? 'the unit'} yet.`] : []),
        ...remedies,
      ].join(' '),
    },
  ];
}
