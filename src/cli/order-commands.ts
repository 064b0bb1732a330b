import { type CommandSpec, usual } from './command-spec.ts';

const UNTIL = [
  { flags: '--for <duration>', description: 'how long: a number and s, m, h or d' },
  { flags: '--until <date>', description: 'or until when: 2027-03-01, or 2027-03-01T18:00Z (UTC without a zone)' },
  { flags: '--reason <text>', description: 'why; status shows it' },
] as const;

/** The commands with which a person silences alerts and pauses renewals. */
export const ORDERS = [
  {
    name: 'alert silence',
    summary: 'do not send an alert for a while',
    detail:
      'certagent status still shows it, marked as silenced. An alert that gets worse than it is now is sent all the same, and so is that it cleared. Survives restarts of certagent.',
    argument: { flags: '<code...>', description: 'code of the alert, and its subject to mean only that one' },
    options: UNTIL,
    examples: [
      'certagent alert silence CA_ENDING --for 30d --reason "ticket 4711"',
      'certagent alert silence RENEWAL_NOT_OURS EXTERNAL_CA --for 7d --reason "known"',
    ],
    exitCodes: usual('the alert is silenced'),
  },
  {
    name: 'alert silences',
    summary: 'show which alerts are silenced, until when and why',
    examples: ['certagent alert silences'],
    exitCodes: usual('the silences were shown'),
  },
  {
    name: 'alert unsilence',
    summary: 'send an alert again that was silenced',
    argument: { flags: '<code...>', description: 'what was silenced: its code, and its subject if it had one' },
    examples: ['certagent alert unsilence CA_ENDING'],
    exitCodes: usual('the alert is sent again'),
  },
  {
    name: 'pause',
    summary: 'let no renewal start for a while; alerts go on',
    detail:
      'For a change freeze. A renewal that is already running goes on. A pause that outlasts a certificate raises a critical alert at once, and certagent still renews nothing: it is your decision. Survives restarts of certagent.',
    options: UNTIL,
    examples: [
      'certagent pause --until 2027-01-04T06:00Z --reason "change freeze"',
      'certagent pause --for 12h --reason "storage"',
    ],
    exitCodes: usual('renewals are paused'),
  },
  {
    name: 'resume',
    summary: 'let renewals start again after a pause',
    examples: ['certagent resume'],
    exitCodes: usual('renewals are not paused'),
  },
] as const satisfies CommandSpec[];
