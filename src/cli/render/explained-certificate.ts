import { rulesOfNode } from '../../domain/distributions/index.ts';
import { componentName } from '../../domain/distributions/restarted-unit.ts';
import type { CertificateExplanation } from '../../domain/model/explanation.ts';
import { hostAndPort } from '../../domain/text/host-and-port.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import { decisionWords, ownerWords } from './explained-words.ts';
import { type Paint, plain, type Style, scrub } from './paint.ts';
import { blockerLines } from './renewal-lines.ts';
import { attemptText } from './sections.ts';
import { fold, table } from './table.ts';
import { type Times, timesIn } from './time.ts';

type Row = [what: string, text: string, style?: Style];

/** `certagent explain NAME` for a person: when it expires, what is decided, every input of that, and what prevents it. */
export function renderCertificate(
  unsafe: CertificateExplanation,
  options: { paint?: Paint; width?: number } = {},
): string {
  const seen = scrub(unsafe);
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  const times = timesIn(seen.node.timeZone, seen.at);
  const section = (title: string, rows: Row[]) =>
    rows.length === 0 ? [] : [paint('bold', title), rowsText(rows, { paint, width })];
  const blocks = [
    [fold(paint('bold', headline(seen, times)), width)],
    section('Decision', decisionRows(seen, times)),
    section('When', whenRows(seen, times)),
    section('What it is', factRows(seen, times)),
    section('Who uses it', useRows(seen, times)),
    preventing(seen, { paint, width }),
    section('Before', historyRows(seen, { times, paint })),
    section('Alerts', alertRows(seen, times)),
    section('Rules', ruleRows(seen)),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function rowsText(rows: Row[], { paint, width }: { paint: Paint; width: number }): string {
  const cells = rows.map(([what, text, style]) => [{ text: what }, style === undefined ? { text } : { text, style }]);
  return table([{ title: '' }, { title: '' }], cells, { paint, width, indent: '  ' });
}

function headline({ certificate: { id, certificate }, at }: CertificateExplanation, times: Times): string {
  const left = certificate.notAfter - at;
  const when = times.full(certificate.notAfter);
  return left < 0
    ? `${id} expired on ${when}, ${formatDuration(-left)} ago`
    : `${id} expires on ${when}, in ${formatDuration(left)}`;
}

function decisionRows(seen: CertificateExplanation, times: Times): Row[] {
  const { mode, pause, decision } = seen;
  const { verdict } = decision;
  return [
    ['Renewed by', ownerWords(seen)],
    ...(seen.inPlace === undefined ? [] : [['Restart', restartWords(seen.inPlace.restart)] satisfies Row]),
    ['Now', decisionWords(seen, times), verdict.kind === 'escalate' ? 'yellow' : undefined],
    ...(verdict.kind === 'escalate' ? [['What to do', verdict.remedy] satisfies Row] : []),
    ...(mode === 'observe'
      ? [['Mode', 'observe: certagent renews nothing (certagent enable)', 'yellow'] satisfies Row]
      : []),
    ...(pause === null
      ? []
      : [['Paused', `until ${times.moment(pause.until)}: ${pause.reason} (certagent resume)`, 'yellow'] satisfies Row]),
  ].map((row) => row as Row);
}

const restartWords = (why: string | null): string =>
  why === null ? 'not needed (renew.k3s = "in-place")' : `needed, although renew.k3s is "in-place": ${why}`;

function whenRows({ timing, decision, at, clock, certificate, mode }: CertificateExplanation, times: Times): Row[] {
  const { opens, urgent, configured, maintenance, backOffUntil, moment } = timing;
  const isOwn = moment !== null;
  const shorter = isOwn && opens !== configured.opens ? ` (windows.opens is ${formatDuration(configured.opens)})` : '';
  const { next } = maintenance;
  return [
    [
      isOwn ? 'Window opens' : 'Reported from',
      `${times.full(decision.opensAt)}, ${formatDuration(opens)} before expiry${shorter}`,
    ],
    ['Urgent from', `${times.full(decision.urgentAt)}, ${formatDuration(urgent)} before expiry`],
    ...(!isOwn
      ? []
      : ([
          [
            'Maintenance',
            next === null
              ? 'no window within two weeks'
              : `${times.full(next.start)} to ${times.full(next.end)}; this node's own moment: ${times.full(next.moment)}`,
          ],
          ...(backOffUntil === null
            ? []
            : [['After failures', `no automatic attempt before ${times.full(backOffUntil)}`, 'yellow']]),
          [mode === 'observe' ? 'Would renew at' : 'Renewed at', moment <= at ? 'the next check' : times.full(moment)],
        ] as Row[])),
    ['Time zone', certificateZone(maintenance.window.timeZone)],
    [
      'Clock',
      clock.doubt === null ? clockWords(clock.synchronized) : `doubtful: ${clock.doubt}`,
      clock.doubt === null ? undefined : 'red',
    ],
    ['Valid since', times.full(certificate.certificate.notBefore)],
  ].map((row) => row as Row);
}

const certificateZone = (zone: string): string => `${zone} for the maintenance window`;
const clockWords = (synchronized: boolean | null): string =>
  synchronized === null
    ? 'trusted; whether it is synchronised is not known'
    : synchronized
      ? 'synchronised'
      : 'not synchronised, and trusted by configuration';

function factRows({ certificate: { place, certificate, issuance, key } }: CertificateExplanation, times: Times): Row[] {
  const ca = issuance.ca === null ? certificate.issuer : issuance.ca;
  const until = issuance.caNotAfter === null ? '' : `, which expires ${times.date(issuance.caNotAfter)}`;
  return [
    ['File', `${place.path}${place.index === 0 ? '' : `, number ${place.index + 1} in it`}`],
    ['Subject', certificate.subject],
    ['Signed by', `${ca}${until} (${issuance.state})`],
    ...(key.state === 'not-expected' ? [] : [['Key', `${key.path}: ${key.state}`] satisfies Row]),
    ['Serial', certificate.serial],
  ];
}

function useRows({ node, served, component, restart, at }: CertificateExplanation, times: Times): Row[] {
  return [
    ...served.map((one): Row => {
      const { name, host, port } = one.endpoint;
      const where = `${name} on ${hostAndPort(host, port)}`;
      if (one.state === 'unreachable') return ['Served by', `${where} does not answer: ${one.detail}`, 'yellow'];
      if (one.state === 'current') return ['Served by', `${where}, which serves this certificate`];
      return [
        'Served by',
        `${where}, which serves ANOTHER: ${one.certificate.serial}, expires ${times.date(one.certificate.notAfter)}`,
        'red',
      ];
    }),
    ...(component === null
      ? []
      : [
          [
            'Loaded by',
            `${componentName(component.health.name, node)} (${component.health.healthy ? 'healthy' : `not healthy: ${component.health.detail}`})${component.onlyAtStart ? ', which reads it at its start only' : ''}`,
            component.health.healthy ? undefined : 'red',
          ] as Row,
        ]),
    ...(rulesOfNode(node)?.renewsSingly === true ? [] : restartRow(restart, at, times)),
  ];
}

function restartRow({ unit, always, from }: CertificateExplanation['restart'], at: number, times: Times): Row[] {
  if (unit === null) return [];
  if (always) return [['A restart', `of ${unit} renews it, at any time`]];
  if (from === null) return [['A restart', `of ${unit} does not renew it`]];
  return [
    ['A restart', from <= at ? `of ${unit} would renew it now` : `of ${unit} renews it from ${times.full(from)} on`],
  ];
}

function preventing(
  { blockers, hazards, timing }: CertificateExplanation,
  look: { paint: Paint; width: number },
): string[] {
  if (timing.moment === null) return [];
  if (blockers.length === 0) return [`${look.paint('bold', 'What prevents a renewal:')} nothing`];
  return [
    look.paint('bold', 'What prevents a renewal'),
    ...blockerLines(blockers).map((line) => fold(line, look.width)),
    ...(hazards.length === 0
      ? []
      : [fold(`  A restart would do harm: ${hazards.map(({ path }) => path).join(', ')}`, look.width)]),
  ];
}

function historyRows(
  { lastRenewed, lastAttempt }: CertificateExplanation,
  view: { times: Times; paint: Paint },
): Row[] {
  const named =
    lastRenewed === null
      ? []
      : ([
          ['Last renewed', `${attemptText(lastRenewed, view)} (certagent history ${lastRenewed.planId})`],
        ] satisfies Row[]);
  if (lastAttempt === null || lastAttempt.planId === lastRenewed?.planId) return named;
  return [...named, ['Last attempt', `${attemptText(lastAttempt, view)} (certagent history ${lastAttempt.planId})`]];
}

function alertRows({ alerts, silences }: CertificateExplanation, times: Times): Row[] {
  return [
    ...alerts.map(
      ({ alert, since }): Row => [alert.severity, `${alert.text} (${alert.code}, since ${times.moment(since)})`],
    ),
    ...silences.map(({ code, until, reason }): Row => ['silenced', `${code} until ${times.moment(until)}: ${reason}`]),
  ];
}

function ruleRows({ rules }: CertificateExplanation): Row[] {
  const decisive = rules.find(({ decides }) => decides);
  const others = rules.filter(({ decides }) => !decides).map(({ code }) => code);
  return [
    [
      'Decided by',
      decisive === undefined ? 'no rule found anything: it is kept' : `${decisive.code}: ${decisive.meaning}`,
    ],
    ...(others.length === 0 ? [] : [['Asked before', `and did not apply: ${others.join(', ')}`] satisfies Row]),
  ];
}
