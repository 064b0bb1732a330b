// Whose a change is, file by file: a table over who changed what, for a plan of kubeadm and for one of K3s.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { Root } from '../../../src/host/root.ts';
import { checksum } from '../../../src/renew/backup/authorities.ts';
import { makeBackup } from '../../../src/renew/backup/make-backup.ts';
import { authoritiesOfOthers, putBack, type Traces } from '../../../src/renew/undo/guard.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../../testnode/pki.ts';

const BACKUP = '/var/lib/certagent/backups/one';
const TLS = '/k/tls';
const FILES = [
  'ca.crt',
  'ca.key',
  'leaf.crt',
  'leaf.key',
  'encryption-config.json',
  'dynamic-cert.json',
  'admin.kubeconfig',
];

describe('the guard before an undo', () => {
  let directory: string;
  let root: Root;
  let ca: Issued;
  let leaf: Issued;
  before(async () => {
    const times = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
    ca = await issueAuthority({ commonName: 'ca', ...times });
    leaf = await issueCertificate({ ca, subject: { commonName: 'leaf' }, sans: [], usages: ['client'], ...times });
  });
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certagent-guard-'));
    root = new Root(directory);
    await write('ca.crt', ca.certificatePem);
    await write('ca.key', ca.keyPem);
    await write('leaf.crt', leaf.certificatePem);
    await write('leaf.key', leaf.keyPem);
    for (const name of FILES.slice(4)) await write(name, `old ${name}`);
    await symlink('leaf.crt', at('link'));
    const step: Extract<Step, { kind: 'backup' }> = {
      kind: 'backup',
      directory: BACKUP,
      files: [],
      directories: [TLS],
    };
    await makeBackup(step, {
      root,
      plan: { id: 'p', steps: [] } as unknown as RenewalPlan,
      now: Date.now,
      backups: 5,
      pollInterval: 1,
      waiting: () => {},
    });
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const at = (name: string): string => root.at(`${TLS}/${name}`);
  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), content);
  };
  const tracesOf = (kind: 'kubeadm' | 'k3s', written: string[]): Traces => {
    const files = written.map((name) => `${TLS}/${name}`);
    const backup = { kind: 'backup', directory: BACKUP, files: [], directories: [TLS] };
    const restart = { kind: 'restart-unit', unit: 'k3s', limit: 1 };
    const steps = kind === 'k3s' ? [backup, restart] : [backup];
    return {
      plan: { steps } as unknown as RenewalPlan,
      undos: new Map([
        [
          1,
          kind === 'k3s'
            ? { kind: 'restart-unit', unit: 'k3s', backup: BACKUP }
            : { kind: 'restore', backup: BACKUP, files },
        ],
      ]),
      left: new Map(),
      writtenUntil: Number.POSITIVE_INFINITY,
    };
  };
  /** What certagent, or the unit, writes; then its checksum is taken. */
  const ours = async (traces: Traces, names: string[]): Promise<void> => {
    for (const name of names) {
      await write(name, 'ours');
      traces.left.set(`${TLS}/${name}`, await checksum(root, `${TLS}/${name}`));
    }
  };
  const short = (paths: string[]): string[] => paths.map((path) => path.slice(TLS.length + 1)).sort();

  const LEAF = ['leaf.crt', 'leaf.key'];
  const CA = ['ca.crt', 'ca.key'];
  const TABLE: {
    name: string;
    kind: 'kubeadm' | 'k3s';
    ours?: string[];
    theirs?: string[];
    back: string[];
    left: string[];
  }[] = [
    { name: 'nothing was changed', kind: 'kubeadm', back: [], left: [] },
    { name: 'certagent changed a pair', kind: 'kubeadm', ours: LEAF, back: LEAF, left: [] },
    { name: 'somebody changed its key', kind: 'kubeadm', ours: LEAF, theirs: ['leaf.key'], back: [], left: LEAF },
    {
      name: 'somebody changed a file of no step',
      kind: 'kubeadm',
      theirs: ['encryption-config.json'],
      back: [],
      left: ['encryption-config.json'],
    },
    {
      name: 'somebody changed another file',
      kind: 'kubeadm',
      ours: LEAF,
      theirs: ['admin.kubeconfig'],
      back: LEAF,
      left: ['admin.kubeconfig'],
    },
    {
      name: 'the unit writes leaves at each start',
      kind: 'k3s',
      theirs: [...LEAF, 'dynamic-cert.json', 'admin.kubeconfig'],
      back: ['admin.kubeconfig', 'dynamic-cert.json', ...LEAF],
      left: [],
    },
    { name: 'the unit loaded a new CA, which no undo replaces', kind: 'k3s', ours: CA, back: [], left: [] },
    { name: 'somebody rotated the CA', kind: 'k3s', ours: CA, theirs: CA, back: [], left: CA },
    {
      name: 'somebody rotated the encryption',
      kind: 'k3s',
      ours: ['encryption-config.json', ...CA],
      theirs: ['encryption-config.json'],
      back: [],
      left: ['encryption-config.json'],
    },
  ];

  for (const each of TABLE) {
    it(`${each.kind}: ${each.name}`, async () => {
      const traces = tracesOf(each.kind, LEAF);
      await ours(traces, each.ours ?? []);
      for (const name of each.theirs ?? []) await write(name, 'theirs');
      const done = await putBack(
        root,
        BACKUP,
        FILES.map((name) => `${TLS}/${name}`),
        traces,
      );
      assert.deepEqual([short(done.changed), short(done.left)], [each.back.toSorted(), each.left.toSorted()]);
      for (const name of each.left) assert.match(await readFile(at(name), 'utf8'), /^(ours|theirs)$/);
    });
  }

  it('knows a CA of somebody else from one that the unit made', async () => {
    const traces = tracesOf('k3s', []);
    assert.deepEqual(await authoritiesOfOthers(root, traces), []);
    await ours(traces, CA);
    assert.deepEqual(await authoritiesOfOthers(root, traces), []);
    await write('ca.crt', 'theirs');
    assert.deepEqual(short(await authoritiesOfOthers(root, traces)), CA);
  });

  it('puts a link back that is missing, and leaves one that somebody has changed', async () => {
    const traces = tracesOf('k3s', []);
    await rm(at('link'));
    assert.deepEqual(short((await putBack(root, BACKUP, [`${TLS}/link`], traces)).changed), ['link']);
    assert.equal(await readlink(at('link')), 'leaf.crt');
    await rm(at('link'));
    await write('link', 'a file');
    assert.deepEqual(short((await putBack(root, BACKUP, [`${TLS}/link`], traces)).left), ['link']);
  });
});
