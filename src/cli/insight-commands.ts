import { type CommandSpec, FAILED, USAGE, usual } from './command-spec.ts';

/** The commands with which a person finds out why. */
export const INSIGHTS = [
  {
    name: 'explain',
    summary: 'show why a certificate expires or renews when it does, or what a code means',
    detail:
      'For a certificate: who renews it, when and why then, which rule decided, what would prevent it, who serves it. For the code of an alert, a blocker or an error: what it means and what to do. Without a name, prints the names of all certificates. Changes nothing.',
    argument: { flags: '[certificate]', description: 'a name that certagent status shows, or a code' },
    examples: [
      'certagent explain apiserver',
      'certagent explain RENEWAL_BLOCKED',
      'certagent explain apiserver -o json',
    ],
    exitCodes: usual('it was explained'),
  },
  {
    name: 'doctor',
    summary: 'check now everything that the next renewal or alert needs',
    detail:
      'Connects to every sink without sending an alert, and checks programs, disk, clock, CA keys, the rehearsal, hooks, copies, the configuration and the daemon: one line each, with its remedy. Reads only. Run it as root; it works with and without the daemon.',
    examples: ['certagent doctor', 'certagent doctor -o json | jq .results'],
    exitCodes: [
      [0, 'everything is as a renewal and an alert need it'],
      FAILED,
      USAGE,
      [5, 'something fails: the next renewal or alert would'],
      [6, 'nothing fails, but there are warnings'],
    ],
  },
  {
    name: 'logs',
    summary: "show the daemon's log, from systemd's journal",
    detail: 'Runs journalctl for the unit certagent. With -o json each line is an entry of the journal as JSON.',
    options: [
      {
        flags: '--since <when>',
        description: 'from then on: 2h or 7d ago, or as journalctl takes it: yesterday, 2027-03-01',
        fallback: '1d',
      },
      { flags: '-f, --follow', description: 'go on with what is logged from now on' },
      { flags: '-p, --priority <level>', description: 'only this priority and worse: err, warning, info, debug' },
      { flags: '--plan <plan>', description: 'only the time of this plan, as certagent history names it' },
    ],
    examples: [
      'certagent logs',
      'certagent logs -f',
      'certagent logs --since 7d -p warning',
      'certagent logs --plan 20260802T021400Z',
    ],
    exitCodes: usual('the log was shown'),
  },
] as const satisfies CommandSpec[];
