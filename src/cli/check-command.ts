import type { CommandSpec } from './command-spec.ts';

/** The command for monitoring systems. */
export const CHECK = {
  name: 'check',
  summary: 'print one line and exit with a status for a monitoring system',
  detail:
    'Follows the conventions of monitoring plugins, with performance data. A threshold is a number of days, which alarms when less is left, or a range: 10: is the same, ~:10 alarms above 10, 10:20 outside of 10 to 20, @10:20 inside. The guidelines take a number alone as 0:10, an alarm above 10, which no one wants of days that are left; write 0:10 for that. A number applies to certificates whose renewal window is open, so that short-lived certificates do not raise alarms all the time; a range to the certificate that expires first. A node that cannot be read, or that is not there any more, is critical.',
  options: [
    { flags: '-w, --warning <range>', description: 'warn when this many days are left', fallback: '30' },
    { flags: '-c, --critical <range>', description: 'critical when this many days are left', fallback: '7' },
    { flags: '-t, --timeout <seconds>', description: 'time limit, after which it is critical', fallback: '30' },
    { flags: '-v, --verbose', description: 'add lines with everything that is wrong, and what to do' },
    { flags: '--now', description: 'let the daemon check the node first (root only)' },
  ],
  outputs: ['text'],
  examples: ['certagent check', 'certagent check -w 20 -c 5', 'certagent check -w 30: -c @~:7 -v'],
  exitCodes: [
    [0, 'OK'],
    [1, 'WARNING'],
    [2, 'CRITICAL'],
    [3, 'UNKNOWN: this user may not ask, no node was ever found, or the command line is wrong'],
  ],
} as const satisfies CommandSpec;
