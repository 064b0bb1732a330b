import { type CommandSpec, FAILED, USAGE, YES } from './command-spec.ts';

/** The commands for certificates of a CA whose key is not on the node. */
export const EXTERNAL = [
  {
    name: 'csr',
    summary: 'write requests for certificates that a CA elsewhere signs (kubeadm)',
    detail:
      'For kubeadm nodes in external CA mode. Without names, for what is due. A request has the names, usages and groups of the present certificate, and a new private key that stays in /var/lib/certagent/requests (root only) until the answer is installed. A request that waits already is shown again, with the same key. Nothing on the node changes.',
    argument: {
      flags: '[name...]',
      description: 'certificates as certagent status shows them; by default what is due',
    },
    options: [
      { flags: '--out <dir>', description: 'also write the requests there, as NAME.csr' },
      { flags: '--new', description: 'make new keys and requests in place of those that wait' },
      { flags: '--drop', description: 'remove the named requests, with their keys' },
    ],
    examples: [
      'certagent csr --out /root/requests',
      'certagent csr apiserver admin.conf',
      'certagent csr --drop admin.conf',
    ],
    exitCodes: [[0, 'the requests that wait were shown, also when there are none'], FAILED, USAGE],
  },
  {
    name: 'install',
    summary: 'install certificates that a CA elsewhere has signed',
    detail:
      'Takes PEM files under any name, with or without their chain, or directories of them, and matches each certificate to the request that has its key. Each must be signed by the CA on the node and have the names, usages and groups that were requested, and expire later than the present one. Shows the plan, asks, and carries it out as a renewal is carried out: with a backup, verified, and undone when it fails. While one certificate is wrong, nothing is installed. Works in observe mode, too.',
    argument: {
      flags: '[file...]',
      description: 'files, or directories with files; *.csr in a directory is passed over',
    },
    options: [YES],
    examples: ['certagent install /root/signed', 'certagent install apiserver.pem admin.pem --yes'],
    exitCodes: [
      [0, 'installed'],
      [1, 'failed, or you answered no'],
      [2, 'the command line is wrong'],
      [4, 'a certificate is wrong, or something blocks: nothing was changed'],
    ],
  },
] as const satisfies CommandSpec[];
