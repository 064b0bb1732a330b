/** A kind of attack or accident, in the words of the table in docs/what-can-go-wrong.md, and the tests that try it. Paths below test/. */
export type Kind = { kind: string; tests: string[] };

/**
 * What other programs and people do while certagent works, and what they do to it. `npm run attack` runs these tests alone and
 * counts, kind by kind, how many attempts held; they are a part of `npm test` as well.
 */
export const KINDS: Kind[] = [
  {
    kind: 'somebody changes certificates while certagent renews, waits or rolls back',
    tests: [
      'renew/undo/guard',
      'daemon/still-holds',
      'renew/engine/execute-fake',
      'renew/engine/recover-fake',
      'renew/backup/backup',
      'renew/components/change-annotation',
      'renew/steps/restore-files',
    ],
  },
  {
    kind: 'an expired copy from an old backup comes back, so that it is renewed',
    tests: ['sync/memory', 'daemon/copies', 'domain/decide/with-copies'],
  },
  {
    kind: 'a program that certagent runs hangs, ignores SIGTERM, leaves a child behind or floods its output',
    tests: ['host/programs', 'host/commands', 'faults/programs', 'fuzz/processes'],
  },
  {
    kind: 'a sink, or what listens in the place of a component, answers with nonsense or not at all',
    tests: ['faults/sinks', 'host/network'],
  },
  {
    kind: 'a file server under a home or a watched path does not answer; there are 100,000 users',
    tests: ['host/silent', 'host/users', 'faults/node'],
  },
  { kind: 'a start that cannot succeed does not end', tests: ['daemon/run', 'host/lock'] },
  {
    kind: 'a node image that somebody else prepared has programs, links and sockets in it',
    tests: ['cli/image', 'image-links', 'fuzz/node'],
  },
  {
    kind: 'members of the group certagent fill the status socket, or make the daemon work',
    tests: ['control/crowd', 'control/permission', 'fuzz/sockets'],
  },
  {
    kind: 'somebody fills a watched directory, or changes it all the time',
    tests: ['alert/service', 'domain/alerts/sendable', 'host/watcher', 'daemon/triggers'],
  },
  {
    kind: 'a file that is written again loses its access control list, and its group gains access',
    tests: ['sync/acl', 'renew/lists', 'sync/access'],
  },
  {
    kind: 'somebody else can write the configuration, a secret or a CA file, or sets variables of Node.js or OpenSSL',
    tests: ['config/trust', 'cli/environment'],
  },
  {
    kind: 'the clock was wrong once, or jumps while alerts wait',
    tests: ['daemon/clock', 'domain/time/clock-doubt', 'domain/alerts/hold-off', 'alert/spool'],
  },
  {
    kind: 'another version of certagent has written the journal, the state or the spool',
    tests: ['renew/journal/versions', 'alert/spool', 'sync/memory'],
  },
  {
    kind: 'somebody removes, replaces or empties the journal while certagent runs',
    tests: ['renew/journal/journal-file'],
  },
  {
    kind: 'a container poses as a component or as kubeadm; /proc is hidden',
    tests: ['host/pod-processes', 'observe/servers', 'domain/decide/blockers'],
  },
  {
    kind: 'a user’s home holds a trap, and changes at every call of the process that works there',
    tests: ['sync/hostile', 'sync/attacks', 'sync/races', 'sync/kills', 'sync/places'],
  },
  {
    kind: 'certagent is killed, or the power fails, at any moment',
    tests: ['crash/crash', 'renew/engine/power-loss', 'renew/engine/recover', 'faults/killed-sender'],
  },
];
