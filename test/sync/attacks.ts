// What a user can put into their home to be handed credentials they do not hold, to have somebody else's file read or
// written, or to keep certagent busy.
import { execFileSync, spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import type { CopyOutcome } from '../../src/domain/model/journal.ts';
import type { Issued } from '../../testnode/pki.ts';
import { authority, base64, client, DAY, isRoot, kubeconfig, NOW, type SyncNode } from './fixture.ts';

/** `plant` puts it at `path`, which is ~/.kube/config of the attacker. `othersFile`: the file there is not theirs. */
export type Attack = {
  name: string;
  plant(node: SyncNode, path: string): void;
  result: CopyOutcome['result'];
  why: RegExp;
  othersFile?: true;
};

/** Exits without removing its socket. */
const LISTEN = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

export async function attacks({ pki }: SyncNode): Promise<Attack[]> {
  const { ca, old } = pki;
  const subject = { commonName: 'kubernetes-admin' };
  const [bob, fewer, more, spaced, namesake, server, itself, young] = await Promise.all([
    client(ca, NOW + DAY, { subject: { commonName: 'bob', organizations: ['dev'] } }),
    client(ca, NOW + DAY, { subject }),
    client(ca, NOW + DAY, { subject: { ...subject, organizations: ['kubeadm:cluster-admins', 'system:masters'] } }),
    client(ca, NOW + DAY, { subject: { commonName: 'kubernetes-admin ', organizations: ['kubeadm:cluster-admins'] } }),
    client(pki.otherCa, NOW + DAY),
    client(ca, NOW + DAY, { usages: ['server'] }),
    authority('kubernetes-admin'),
    client(ca, NOW + 800 * DAY),
  ]);
  const whole = kubeconfig(ca, old);
  const withoutKey = whole.replace(/ {4}client-key-data: .*\n/, '');
  const left = (name: string, text: string | Buffer, why: RegExp): Attack => ({
    name,
    result: 'left',
    why,
    plant: (node, path) => node.write(path, text),
  });
  const refused = (name: string, why: RegExp, plant: Attack['plant']): Attack => ({
    name,
    result: 'refused',
    why,
    plant(node, path) {
      node.write(`${path}.x`, '');
      plant(node, path);
    },
  });
  /** kubectl may take it, and its user relies on it: reported. */
  const reported = (name: string, text: string | Buffer, why: RegExp): Attack => ({
    ...left(name, text, why),
    result: 'refused',
  });
  const forged = (name: string, credentials: Pick<Issued, 'certificatePem' | 'keyPem'>, why: RegExp) =>
    left(name, kubeconfig(ca, { ...old, ...credentials }), why);
  const data = /client-certificate-data: (.*)\n/.exec(whole)?.[1] ?? '';
  const anchored = `x: &x ${data}\n${whole.replace(`data: ${data}`, 'data: *x')}`;
  const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)];
  return [
    forged('a subject of their own', bob, /another identity/),
    forged('the right name in fewer groups', fewer, /another identity/),
    forged('the right name in more groups', more, /another identity/),
    forged('the right name and a blank', spaced, /another identity/),
    forged('signed by itself', itself, /another identity|did not sign/),
    forged('signed by another CA of the same name', namesake, /client CA did not sign/),
    forged('the right subject, for servers', server, /not for clients/),
    forged('the right certificate, another key', { ...old, keyPem: namesake.keyPem }, /does not belong/),
    forged(
      'the new certificate, which is public, another key',
      { ...pki.renewed, keyPem: old.keyPem },
      /does not belong/,
    ),
    forged('the right certificate, half its key', { ...old, keyPem: old.keyPem.slice(0, 90) }, /does not belong/),
    forged(
      'the right certificate behind another',
      { ...old, certificatePem: bob.certificatePem + old.certificatePem },
      /identity/,
    ),
    forged('a certificate that outlives the node’s', young, /expires later/),
    left('the right certificate without its key', withoutKey, /no private key/),
    left(
      'the right certificate, the key a path',
      withoutKey.replace(/(client-certificate-data.*)/, '$1\n    client-key: /etc/kubernetes/admin.key'),
      /client-key/,
    ),
    left(
      'paths to the node’s own files',
      withoutKey.replace(/client-certificate-data.*/, 'client-certificate: /etc/kubernetes/pki/ca.crt'),
      /client-certificate/,
    ),
    left('a cluster that somebody else’s CA signs', kubeconfig(pki.otherCa, old), /no cluster that has this/),
    left('a token besides', whole.replace('client-key-data', 'token: x\n    client-key-data'), /has token/),
    left(
      'a program to be run',
      whole.replace('client-key-data', 'exec: {command: id}\n    client-key-data'),
      /has exec/,
    ),
    left('another document before it', `---\n---\n${whole}`, /has no users/),
    reported('duplicate keys', whole.replace('users:', 'users: []\nusers:'), /cannot be changed/),
    left(
      'duplicate keys within the user',
      whole.replace(/( {4}client-key-data: ).*\n/, '$&$1eA==\n'),
      /does not belong/,
    ),
    reported('two users of one name', `${whole}- {name: kubernetes-admin, user: {}}\n`, /two entries of the same name/),
    reported('anchors and aliases', anchored, /cannot be changed/),
    reported(
      'merge keys',
      whole.replace(`client-certificate-data: ${data}`, `<<: {client-certificate-data: ${data}}`),
      /cannot be changed/,
    ),
    left('a YAML bomb', `${bomb.join('\n')}\n`, /uses its aliases too often/),
    left('brackets nested 100,000 deep', '['.repeat(100_000), /not valid YAML|too deeply|more lines and characters/),
    left('a sequence nested 50,000 deep', `${'- '.repeat(50_000)}x`, /more lines and characters|too deeply/),
    left(
      'mappings nested 3,000 deep',
      Array.from({ length: 3000 }, (_, i) => `${' '.repeat(Math.min(i, 300))}a:`).join('\n'),
      /./,
    ),
    left('300,000 quotes', '"'.repeat(300_000), /more lines and characters/),
    reported(
      'a mebibyte of blanks in the data',
      whole.replace('client-key-data: ', `client-key-data: eA==${' '.repeat(1_000_000)}!#`),
      /./,
    ),
    reported('no UTF-8', Buffer.concat([Buffer.from(whole), Buffer.from([0x23, 0xff, 0xfe])]), /UTF-8/),
    left('UTF-16', Buffer.from(`\ufeff${whole}`, 'utf16le'), /UTF-8|YAML|kubeconfig/),
    left('zero bytes', Buffer.alloc(10_000), /./),
    left('nothing', '', /./),
    left(
      'a certificate of 200 KiB of noise',
      kubeconfig(ca, {
        ...old,
        certificatePem: `-----BEGIN CERTIFICATE-----\n${base64('x'.repeat(150_000))}\n-----END CERTIFICATE-----\n`,
      }),
      /cannot be read/,
    ),
    left(
      'a name that steers the terminal',
      kubeconfig(ca, bob).replaceAll(/kubernetes-admin(?!@)/g, '"\\e[31mred\\u009b\\nx"'),
      /another identity/,
    ),
    refused('a symbolic link to the node’s CA key', /symbolic link/, (node, path) =>
      symlinkSync('/etc/kubernetes/pki/ca.key', node.at(path)),
    ),
    refused('a symbolic link to a neighbour’s copy', /symbolic link/, (node, path) =>
      symlinkSync(node.at('/home/alice/.kube/config'), node.at(path)),
    ),
    refused('a symbolic link to itself', /symbolic link/, (node, path) => symlinkSync('config', node.at(path))),
    {
      ...refused('a hard link to a neighbour’s copy', /hard link/, (node, path) =>
        linkSync(node.at('/home/alice/.kube/config'), node.at(path)),
      ),
      othersFile: true,
    },
    refused('a directory', /not a regular file/, (node, path) => mkdirSync(node.at(path))),
    refused('a FIFO', /not a regular file/, (node, path) => execFileSync('mkfifo', [node.at(path)])),
    refused('a socket', /not a regular file/, (node, path) =>
      spawnSync(process.execPath, ['-e', LISTEN, node.at(path)]),
    ),
    refused('a file of 1 TiB', /larger than 1 MiB/, (node, path) => truncateSync(node.write(path, ''), 2 ** 40)),
    {
      name: 'a link in the place of ~/.kube',
      result: 'refused',
      why: /symbolic link/,
      plant: (node, path) => symlinkSync(node.at('/home/alice/.kube'), node.at(path.replace(/\/config$/, ''))),
    },
    ...(isRoot
      ? [
          refused('a device', /not a regular file/, (node, path) =>
            execFileSync('mknod', [node.at(path), 'c', '1', '5']),
          ),
          {
            name: 'a neighbour’s copy, stolen',
            result: 'refused' as const,
            othersFile: true as const,
            why: /another user/,
            plant: (node: SyncNode, path: string) => node.write(path, whole, { uid: 54_999, gid: 54_999, mode: 0o644 }),
          },
          {
            name: 'root’s own copy, moved there',
            result: 'refused' as const,
            othersFile: true as const,
            why: /another user/,
            plant: (node: SyncNode, path: string) => node.write(path, whole, { uid: 0, gid: 0, mode: 0o644 }),
          },
        ]
      : []),
  ];
}
