import type { ErrorKind } from './error-kind.ts';
import { IN_PLACE_ERRORS } from './in-place-errors.ts';

const FILE = 'Check the file that the message names.';
const INSIDE = 'This is a fault of certagent or of the program that called it: please report it.';

/** Every error of certagent's own. Scripts match on the codes: one that is here stays. */
export const ERRORS = {
  // The command line and the daemon.
  USAGE: { meaning: 'The command line is wrong.', remedy: 'See: certagent --help' },
  NOT_ROOT: { meaning: 'No daemon runs, and this user may not read the node.', remedy: 'Run this as root.' },
  NO_DAEMON: { meaning: 'No certagent daemon runs here.', remedy: 'Start it: systemctl start certagent' },
  PERMISSION: { meaning: "This user may not use the daemon's socket.", remedy: 'Run this as root.' },
  DAEMON_SILENT: { meaning: 'The daemon did not answer in time.', remedy: 'See: journalctl -u certagent' },
  DAEMON_GONE: { meaning: 'The daemon closed the connection early.', remedy: 'See: journalctl -u certagent' },
  DAEMON_ANSWER: { meaning: 'The answer of the daemon cannot be read.', remedy: 'See: journalctl -u certagent' },
  ALREADY_RUNNING: { meaning: 'Another daemon listens on the socket.', remedy: 'Stop it: systemctl stop certagent' },
  SOCKET_TAKEN: { meaning: 'Something else is where the socket should be.', remedy: FILE },
  NO_JOURNAL: {
    meaning: 'The journal of systemd cannot be shown.',
    remedy: 'Without systemd the log is on the standard output of `certagent run`: see where that leads.',
  },
  LOCKED: { meaning: 'Another certagent works on this node.', remedy: 'Wait until it has finished.' },
  LOCK_UNAVAILABLE: { meaning: 'The lock cannot be taken.', remedy: 'Install flock (util-linux).' },
  ROOT_MISSING: { meaning: 'The directory of --root does not exist.', remedy: 'Check the path.' },
  ROOT_FOREIGN: {
    meaning: 'Others can change what is in the directory of --root.',
    remedy: 'Run certagent as the owner, or take the directory over: chown, chmod go-w.',
  },
  TOO_MANY_CONNECTIONS: { meaning: 'A socket has no place for another connection.', remedy: 'Try again.' },
  JOURNAL_READ_ONLY: { meaning: 'A command that only reads tried to write to the journal.', remedy: INSIDE },
  BAD_REQUEST: { meaning: 'A request to the daemon is not well-formed.', remedy: INSIDE },
  BODY_TOO_LARGE: { meaning: 'A request to the daemon is too large.', remedy: INSIDE },
  UNKNOWN_PATH: { meaning: 'The daemon does not know the path of a request.', remedy: INSIDE },
  WRONG_METHOD: { meaning: 'A request uses another method than its path wants.', remedy: INSIDE },
  READ_ONLY: { meaning: 'The status socket changes nothing.', remedy: 'Use the control socket, as root.' },

  // Configuration and alerts.
  CONFIG_MISSING: { meaning: 'The configuration that was named cannot be read.', remedy: FILE },
  CONFIG_REFUSED: { meaning: 'The configuration is wrong.', remedy: 'Correct it: certagent config check' },
  CONFIG_UNTRUSTED: {
    meaning: 'Others can change the configuration.',
    remedy: 'Check the file, then take it over: chown root, chmod go-w.',
  },
  TEXTFILE_UNTRUSTED: {
    meaning: 'Others can change the directory of metrics.textfile.',
    remedy: 'Use a directory that only its owner can change, by its path without links.',
  },
  CONFIG_NOT_EDITED: { meaning: 'The mode cannot be changed by a program.', remedy: 'Change the line by hand.' },
  CLUSTER_UNSEEN: {
    meaning: 'The nodes of the cluster cannot be listed.',
    remedy: 'Check that the API answers: kubectl get nodes',
  },
  NO_SILENCE: { meaning: 'This alert is not silenced.', remedy: 'See what is: certagent alert silences' },
  NO_SINKS: {
    meaning: 'No sink is configured.',
    remedy: 'Add [[alerts.email]], [[alerts.webhook]] or [[alerts.command]].',
  },
  SINK_REFUSED: { meaning: 'A sink did not accept an alert.', remedy: 'Check the sink: certagent alert test' },

  // Files.
  NOT_A_FILE: { meaning: 'A path is not a regular file.', remedy: FILE },
  TOO_LARGE: { meaning: 'A file or an answer is larger than it can be.', remedy: FILE },
  LINK_LOOP: { meaning: 'A path leads through too many symbolic links.', remedy: FILE },
  BAD_CERTIFICATE: { meaning: 'A certificate cannot be read.', remedy: FILE },
  BAD_KEY: { meaning: 'A private key cannot be read.', remedy: FILE },
  BAD_KUBECONFIG: { meaning: 'A kubeconfig cannot be read.', remedy: FILE },
  BAD_YAML: { meaning: 'A file is not valid YAML.', remedy: FILE },
  BAD_MANIFEST: { meaning: 'A static-pod manifest cannot be changed safely.', remedy: FILE },

  // Programs, units, servers.
  COMMAND_MISSING: { meaning: 'A program is not on this node.', remedy: 'Install it.' },
  COMMAND_UNTRUSTED: {
    meaning: 'Others than root can change a program that certagent would run.',
    remedy: 'Check the program, then take it over: chown root, chmod go-w.',
  },
  COMMAND_FAILED_TO_START: { meaning: 'A program could not be started.', remedy: 'Run it by hand to see why.' },
  SYSTEMCTL_FAILED: { meaning: 'systemctl failed.', remedy: 'Check systemd: systemctl status' },
  UNIT_RESTART_FAILED: { meaning: 'A unit could not be restarted.', remedy: "See the unit's log with journalctl." },
  UNIT_RESTART_TIMEOUT: { meaning: 'A unit did not restart in time.', remedy: "See the unit's log with journalctl." },
  UNIT_NOT_READY: { meaning: 'A unit is not ready after its restart.', remedy: "See the unit's log with journalctl." },
  POD_NOT_REPLACED: {
    meaning: 'RKE2 restarted, but did not replace a static pod.',
    remedy: "See the unit's log with journalctl.",
  },
  TLS_UNREACHABLE: { meaning: 'A server does not answer over TLS.', remedy: 'Check whether the server runs.' },

  // A renewal.
  INSTALL_REFUSED: {
    meaning: 'Certificates that were to be installed are wrong.',
    remedy: 'See each of them: certagent install FILES',
  },
  INSTALL_EXPIRED: {
    meaning: 'A certificate that was to be installed has expired meanwhile.',
    remedy: 'Have it signed again: certagent csr',
  },
  SIGNING_FAILED: {
    meaning: 'external_ca.command has not had the requests signed.',
    remedy: 'Run it by hand to see why; certagent calls it again.',
  },
  CSR_REFUSED: { meaning: 'No request can be made for this certificate.', remedy: 'See its owner: certagent status' },
  USER_REFUSED: {
    meaning: 'A user got no certificate: the request is against the rules, or the cluster did not sign it.',
    remedy: 'Correct what the message names, and run the command again.',
  },
  RENEWAL_BLOCKED: { meaning: 'Something prevents the renewal.', remedy: 'See what: certagent plan --now' },
  CERTIFICATE_UNKNOWN: {
    meaning: 'A certificate that was named is not on this node.',
    remedy: 'See which there are: certagent status',
  },
  CERTIFICATE_NOT_RENEWED: {
    meaning:
      'certagent does not renew a certificate that was named: it is a CA, belongs to another program, or is not due.',
    remedy: 'See why: certagent explain NAME',
  },
  INTERRUPTED: {
    meaning: 'The renewal was stopped between two steps, or while it waited.',
    remedy: 'Start certagent: it finishes or undoes it.',
  },
  KUBEADM_FAILED: { meaning: 'kubeadm failed.', remedy: 'Run the same command by hand to see why.' },
  KUBEADM_TIMEOUT: { meaning: 'kubeadm did not finish in time.', remedy: 'Run the same command by hand to see why.' },
  KUBELET_CONF_REFUSED: {
    meaning: 'kubeadm did not print a kubelet.conf that certagent can use; nothing was written.',
    remedy: "Make it by hand, as certagent's alert KUBELET_NOT_ROTATING says, and check it.",
  },
  KUBELET_NOT_BACK: {
    meaning: 'The kubelet did not come back with its new kubelet.conf.',
    remedy: "See the kubelet's log: journalctl -u kubelet -n 100",
  },
  REHEARSAL_FAILED: {
    meaning: 'The rehearsal on copies shows that the renewal would fail or do harm: nothing on the node was changed.',
    remedy: 'See what it shows: certagent plan --rehearse',
  },
  REHEARSAL_IMPOSSIBLE: {
    meaning: 'The renewal needs a rehearsal, and the rehearsal was not possible: nothing on the node was changed.',
    remedy: 'Remove the cause that the message names.',
  },
  ...IN_PLACE_ERRORS,
  NOT_RENEWED: { meaning: 'The tool succeeded, but a certificate was not renewed.' },
  KEY_MISMATCH: { meaning: 'A new certificate does not belong to its key.' },
  NOT_SIGNED: { meaning: 'A new certificate is not signed by its CA.' },
  SUBJECT_CHANGED: { meaning: 'A new certificate has another subject.' },
  KEY_TYPE_CHANGED: {
    meaning: 'kubeadm made keys of its default type, which the previous ones had not.',
    remedy: "Set renew.kubeadm_config to the cluster's kubeadm configuration file, then: certagent renew --force",
  },
  LIFETIME_CHANGED: {
    meaning: 'kubeadm granted its default lifetime, which the previous certificates had not.',
    remedy: "Set renew.kubeadm_config to the cluster's kubeadm configuration file, then: certagent renew --force",
  },
  SANS_LOST: { meaning: 'A new certificate lacks names of the previous one.' },
  SANS_UNEXPECTED: {
    meaning: 'A new certificate has names that the plan does not say; it was not put in place.',
    remedy: "See what the cluster's kubeadm configuration file says.",
  },
  USAGES_LOST: { meaning: 'A new certificate lacks usages of the previous one.' },
  COMPONENT_NOT_ENDED: {
    meaning: 'A component did not stop in time.',
    remedy: "See the kubelet's log: journalctl -u kubelet",
  },
  COMPONENT_NOT_BACK: { meaning: 'A component did not come back in time.', remedy: "See the component's log." },
  MANIFEST_MISSING: { meaning: 'A static-pod manifest cannot be read.', remedy: 'Restore the manifest from a backup.' },
  MANIFEST_CHANGED: {
    meaning: 'A manifest was changed while certagent changed its annotation; nothing of it was overwritten.',
    remedy: 'Finish what was begun with the manifest; then certagent tries again.',
  },
  MANIFEST_LINK: {
    meaning: 'A manifest is a link that cannot be followed safely.',
    remedy: 'Replace the link by the file.',
  },
  SERVED_STALE: { meaning: 'A server does not serve the new certificate.', remedy: 'Restart the server.' },
  SERVED_UNREACHABLE: { meaning: 'A server cannot be asked what it serves.', remedy: 'Check whether the server runs.' },
  LISTENER_STAYS_OLD: { meaning: 'The listener still serves its previous certificate.', remedy: 'Restart the unit.' },
  UNIT_STOP_FAILED: { meaning: 'systemd could not stop the unit.', remedy: "See the unit's log." },
  ROTATE_FAILED: {
    meaning: 'The command that removes the certificates before a start issues new ones has failed.',
    remedy: 'Run the command by hand, with the unit stopped, to see more.',
  },
  CA_CHANGED: {
    meaning: 'A restart loaded a new CA that the previous one has not signed, or somebody changed the CA.',
    remedy:
      'Kubeconfigs and agents of the previous CA are refused. If you have rotated the CA, hand out new kubeconfigs and join the agents again. If not, restore the CA from a backup of your own (K3s, RKE2: a snapshot of the datastore), and search the log of the unit for the cause.',
  },
  CHANGED_SINCE: { meaning: 'Somebody changed the node during an interrupted renewal: nothing was restored.' },
  UNDO_FAILED: { meaning: 'A step could not be undone.', remedy: 'Restore the files from the backup by hand.' },

  HOOK_FAILED: {
    meaning: 'A hook failed, or did not finish in time.',
    remedy: 'Run it by hand to see why. What it printed is in the log: journalctl -u certagent',
  },
  HOOK_REFUSED: {
    meaning: 'A hook was not run: others can change it, or it is not a program.',
    remedy: 'Correct the owner and the mode: certagent config check',
  },

  // Backups and the journal.
  BACKUP_FAILED: { meaning: 'The backup could not be made.', remedy: 'See the cause that the message names.' },
  BACKUP_PLACE: { meaning: 'The backup would be among the manifests, where files run as pods.', remedy: INSIDE },
  BACKUP_IN_MANIFESTS: { meaning: 'The backup would be among the manifests, where files run as pods.', remedy: INSIDE },
  BACKUP_UNREADABLE: { meaning: 'A backup cannot be read.', remedy: FILE },
  BACKUP_DAMAGED: { meaning: 'A copy in a backup is not what was written.', remedy: 'Check the disk.' },
  RESTORE_FAILED: { meaning: 'Files could not be restored from the backup.', remedy: 'Restore them by hand.' },
  RESTORE_EXPIRED: {
    meaning: 'A certificate of the backup has expired since.',
    remedy: 'Renew instead: certagent renew --force',
  },
  PLAN_UNKNOWN: { meaning: 'The journal holds no such plan.', remedy: 'See which there are: certagent history' },
  BACKUP_UNKNOWN: { meaning: 'There is no such backup.', remedy: 'See which there are: certagent restore' },
  NO_SPACE: { meaning: 'The backup does not fit on the disk.', remedy: 'Make room on the disk.' },
  JOURNAL_UNREADABLE: { meaning: 'The journal has a line that cannot be read.', remedy: FILE },

  // Kubeconfig copies. Each is a reason in the report of one copy.
  COPY_SOURCE_UNUSABLE: { meaning: "The node's own kubeconfig cannot be copied from." },
  COPY_REFUSED: { meaning: 'A copy was not changed: its path is not safe.' },
  COPY_ABSENT: { meaning: 'There is no copy.' },
  COPY_CHANGED: { meaning: 'A copy changed while it was read.' },
  COPY_MEMORY: { meaning: 'What certagent remembers of copies cannot be read or written.', remedy: FILE },
  COPY_SILENT: {
    meaning: 'A copy did not answer: its file system, or what runs with the rights of its owner, holds it up.',
  },
  COPY_LOCKED: { meaning: 'kubectl holds the lock of a copy.' },
  COPY_IDENTITY: { meaning: 'The helper did not become the user.' },
  COPY_NOT_EDITABLE: { meaning: 'A copy cannot be changed without touching the rest of it.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** undefined: the code is the operating system's, or a later version's. */
export const errorKind = (code: string): ErrorKind | undefined =>
  Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
