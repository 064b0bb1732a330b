import { DISTRIBUTION_PROGRAMS, KUBEADM } from '../domain/distributions/names.ts';
import { MINUTE, SECOND } from '../domain/time/duration.ts';

/** Where a limit comes from: a fixed number of milliseconds, or a key of the configuration that becomes part of the plan. */
export type ProgramLimit =
  | number
  | `renew.${string}`
  | `hooks.${string}`
  | `external_ca.${string}`
  | `alerts.${string}`;

export type Program = {
  /** Name of the executable, and the arguments that tell one use from another. */
  command: string;
  /** What certagent wants of it. */
  use: string;
  limit: ProgramLimit;
};

/**
 * Every program that certagent starts, with its time limit. A test compares this table with the source, and runs each
 * program as one that hangs, ignores SIGTERM, leaves a child behind and floods its output.
 * `host` programs come from this machine even under a root prefix: they work for certagent, not for the node.
 */
export const PROGRAMS = {
  kubeadmRenew: { command: KUBEADM, use: 'certs renew NAME', limit: 'renew.kubeadm_limit' },
  kubeadmKubeconfig: { command: KUBEADM, use: 'kubeconfig user', limit: 'renew.kubeadm_limit' },
  version: { command: DISTRIBUTION_PROGRAMS.join(', '), use: 'version, --version', limit: 10 * SECOND },
  unitState: { command: 'systemctl', use: 'show UNIT', limit: 10 * SECOND },
  unitJournal: { command: 'journalctl', use: 'lines of one start of UNIT', limit: 10 * SECOND },
  unitRestart: { command: 'systemctl', use: 'restart UNIT', limit: 'renew.restart_limit' },
  unitStop: {
    command: 'systemctl',
    use: 'stop UNIT, start UNIT, before and after a rotation',
    limit: 'renew.restart_limit',
  },
  unitReload: { command: 'systemctl', use: 'reload UNIT of a service that has a copy', limit: 30 * SECOND },
  rotate: {
    command: DISTRIBUTION_PROGRAMS.filter((name) => name !== KUBEADM).join(', '),
    use: 'certificate rotate',
    limit: 30 * SECOND,
  },
  kubeletRestart: { command: 'systemctl', use: 'restart UNIT of the kubelet', limit: 'renew.component_limit' },
  hook: { command: 'systemd-run', use: 'hooks, as services of their own', limit: 'hooks.limit' },
  sign: { command: 'systemd-run', use: 'external_ca.command, as a service of its own', limit: 'external_ca.limit' },
  transientStop: { command: 'systemctl', use: 'stop UNIT of a hook', limit: 20 * SECOND },
  clock: { command: 'timedatectl', use: 'show', limit: 5 * SECOND },
  notify: { command: 'systemd-notify', use: 'state for systemd', limit: 5 * SECOND },
  users: { command: 'getent', use: 'passwd NAME…, of LDAP or SSSD', limit: 5 * SECOND },
  lock: { command: 'flock', use: 'host: the lock of the state directory', limit: 5 * SECOND },
  copiesHelper: { command: 'certagent', use: 'internal:copies-helper, as a user', limit: 20 * SECOND },
  lookHelper: { command: 'certagent', use: 'internal:look-helper: homes and copies', limit: 5 * SECOND },
  watchHelper: { command: 'certagent', use: 'internal:watch-helper: watch.paths', limit: 10 * SECOND },
  sandbox: {
    command: 'systemd-run',
    use: 'internal:rehearsal-helper, in a sandbox of its own',
    limit: 2 * MINUTE,
  },
  sandboxAddress: { command: 'ip', use: 'in the sandbox: addresses of its loopback', limit: 5 * SECOND },
  sandboxProcesses: { command: 'unshare, setpriv', use: 'in the sandbox, before systemd 257', limit: 2 * MINUTE },
  attributes: {
    command: 'cp, ls',
    use: 'host: access control lists of files that are written again',
    limit: 5 * SECOND,
  },
  ssh: { command: 'ssh', use: 'host: HOST certagent status, of certagent fleet (--timeout)', limit: 10 * SECOND },
  alertCommand: {
    command: 'the command of a sink',
    use: 'delivers alerts, as a user',
    limit: 'alerts.command.limit',
  },
  endHelper: { command: 'sh', use: 'host: kill, as a user', limit: 5 * SECOND },
} as const satisfies Record<string, Program>;
