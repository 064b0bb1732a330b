import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CopyOutcome } from '../../src/domain/model/journal.ts';
import { Root } from '../../src/host/root.ts';
import { parseCertificate } from '../../src/host/x509.ts';
import { type SyncOptions, syncCopies } from '../../src/sync/sync-copies.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../testnode/pki.ts';

export const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 5, 1);
export const isRoot = process.getuid!() === 0;
/** As root the home belongs to a second user, so that what is done is really done with that user's rights. */
export const ALICE = isRoot ? { uid: 54_321, gid: 54_322 } : { uid: process.getuid!(), gid: process.getgid!() };
export const ADMIN = { commonName: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'] };

/** In memory where there is such a place: what is tried hundreds of times waits for fsync each time. */
const BASE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export type Pki = { ca: Issued; otherCa: Issued; old: Issued; renewed: Issued };

export const authority = (commonName: string) =>
  issueAuthority({ commonName, notBefore: NOW - 365 * DAY, notAfter: NOW + 3650 * DAY });

export const client = (ca: Issued, ends: number, more: Partial<Parameters<typeof issueCertificate>[0]> = {}) =>
  issueCertificate({ ca, subject: ADMIN, usages: ['client'], notBefore: NOW - 365 * DAY, notAfter: ends, ...more });

export async function makePki(): Promise<Pki> {
  const [ca, otherCa] = await Promise.all([authority('kubernetes'), authority('kubernetes')]);
  const [old, renewed] = await Promise.all([client(ca, NOW + 10 * DAY), client(ca, NOW + 365 * DAY)]);
  return { ca, otherCa, old, renewed };
}

export const base64 = (text: string) => Buffer.from(text).toString('base64');
export const dataOf = (issued: Issued) => ({ cert: base64(issued.certificatePem), key: base64(issued.keyPem) });

export function kubeconfig(ca: Issued, credentials: Issued, more: { server?: string; name?: string } = {}): string {
  return kubeconfigText({
    server: more.server ?? 'https://10.0.0.1:6443',
    ca: { pem: ca.certificatePem },
    cluster: more.name ?? 'kubernetes',
    user: more.name ?? 'kubernetes-admin',
    credentials,
  });
}

export type SyncNode = {
  dir: string;
  pki: Pki;
  /** Path of this machine. */
  at(path: string): string;
  write(path: string, content: string | Buffer, more?: { mode?: number; uid?: number; gid?: number }): string;
  read(path: string): string;
  sync(more?: Partial<SyncOptions>): Promise<CopyOutcome[]>;
  /** Alice's copy, written and looked at. */
  syncAlice(text: string | Buffer): Promise<CopyOutcome>;
  /** What certagent remembers: which certificates the node's own kubeconfig held, and nothing of copies. */
  remember(sources: Issued[]): void;
  remove(): void;
};

/** `[copies]` with nothing configured. */
export const COPIES: SyncOptions['config'] = {
  enabled: true,
  paths: [],
  users: [],
  only: [],
  deny: [],
  grace: 7 * DAY,
  certificates: [],
};
export const MEMORY = '/var/lib/certagent/copies.json';

export const COPY = '/home/alice/.kube/config';

/** A node image with an admin.conf that was just renewed, and alice's home. */
export function makeNode(pki: Pki): SyncNode {
  const dir = mkdtempSync(join(BASE, 'certagent-sync-'));
  const root = new Root(dir);
  // Alice must be able to reach her home below it.
  mkdirSync(join(dir, 'home'), { mode: 0o755 });
  chmodSync(dir, 0o755);
  const node: SyncNode = {
    dir,
    pki,
    at: (path) => join(dir, path),
    write(path, content, more = {}) {
      const uid = more.uid ?? (path.startsWith('/home/alice') ? ALICE.uid : process.getuid!());
      const gid = more.gid ?? (path.startsWith('/home/alice') ? ALICE.gid : process.getgid!());
      makeDirectories(dir, dirname(path), uid, gid);
      writeFileSync(join(dir, path), content, { mode: more.mode ?? 0o600 });
      chownSync(join(dir, path), uid, gid);
      return join(dir, path);
    },
    read: (path) => readFileSync(join(dir, path), 'utf8'),
    sync: (more = {}) =>
      syncCopies({
        root,
        config: COPIES,
        now: NOW,
        source: '/etc/kubernetes/admin.conf',
        clientCa: ['/etc/kubernetes/pki/ca.crt'],
        ...more,
      }),
    async syncAlice(text) {
      node.write(COPY, text);
      const outcome = (await node.sync()).find(({ path }) => path === COPY);
      if (outcome === undefined) throw new Error('nothing was said of the copy');
      return outcome;
    },
    remember(sources) {
      const known = sources.map(({ certificatePem }) => knownOf(certificatePem));
      node.write(MEMORY, `${JSON.stringify({ version: 1, sources: known, copies: [], gone: [] })}\n`);
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  const passwd = [
    'root:x:0:0::/root:/bin/bash',
    'daemon:x:1:1::/usr/sbin:/usr/sbin/nologin',
    `alice:x:${ALICE.uid}:${ALICE.gid}::/home/alice:/bin/bash`,
  ];
  node.write('/etc/passwd', `${passwd.join('\n')}\n`);
  node.write('/etc/kubernetes/pki/ca.crt', pki.ca.certificatePem);
  node.write('/etc/kubernetes/admin.conf', kubeconfig(pki.ca, pki.renewed));
  // certagent was there before the renewal.
  node.remember([pki.old]);
  mkdirSync(join(dir, 'home/alice'), { mode: 0o750 });
  chownSync(join(dir, 'home/alice'), ALICE.uid, ALICE.gid);
  return node;
}

export function knownOf(certificatePem: string): { fingerprint: string; notAfter: number } {
  const { fingerprint, notAfter } = parseCertificate(certificatePem);
  return { fingerprint, notAfter };
}

function makeDirectories(dir: string, path: string, uid: number, gid: number): void {
  if (path === '/') return;
  makeDirectories(dir, dirname(path), uid, gid);
  try {
    mkdirSync(join(dir, path), { mode: 0o755 });
  } catch {
    return; // it is there, with its own owner
  }
  chownSync(join(dir, path), uid, gid);
}
