import { type CommandSpec, USAGE } from './command-spec.ts';

/** The command for users' own certificates. */
export const USERS = [
  {
    name: 'user add',
    summary: "request a user's certificate from the cluster",
    detail:
      "Makes a key and a CertificateSigningRequest, and writes the signed certificate into the user's kubeconfig, as its account. Without --approve the request waits for a person: certagent shows how it is approved, and writes the file when it is (the daemon within a minute; without one, run the command again). What is left out is as in the request that waits for the user, or as in users.certificates: certagent user add nana --approve approves what waits for nana. A certificate cannot be taken back before it expires. Works in observe mode, too.",
    argument: { flags: '<name>', description: 'name of the user to Kubernetes; never "system:…" or "kubeadm:…"' },
    options: [
      { flags: '--group <name>', description: 'a group of the user; can be repeated', repeats: true },
      { flags: '--expires <duration>', description: 'for how long: 10m to 366d (default: 90d)' },
      { flags: '--kubeconfig <file>', description: 'the file (default: ~/.kube/config of the account of that name)' },
      { flags: '--approve', description: "approve the request with the node's admin credentials" },
    ],
    examples: [
      'certagent user add nana --group developers --expires 90d',
      'certagent user add nana --approve',
      'certagent user add nana --group developers --group viewers --approve',
      'certagent user add ci@example.org --group ci --kubeconfig /root/ci.kubeconfig',
    ],
    exitCodes: [
      [0, 'the certificate is in the file'],
      [1, 'failed; standard error says why and what to do'],
      USAGE,
      [4, 'refused by a rule, or by the cluster: nothing was written'],
      [6, 'the request waits for approval, or for the signer of the cluster'],
    ],
  },
] as const satisfies CommandSpec[];
