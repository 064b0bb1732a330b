// A node of a few text files, and actors that change them as kubeadm would: most of what the executor promises needs no more.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { JournalRecord, PlanOutcome, Progress } from '../../src/domain/model/journal.ts';
import type { CycleStep, Expectation, RenewalPlan, Step } from '../../src/domain/model/plan.ts';
import { Root } from '../../src/host/root.ts';
import { execute } from '../../src/renew/engine/execute.ts';
import { recover } from '../../src/renew/engine/recover.ts';
import type { RenewContext } from '../../src/renew/engine/renew-context.ts';
import { type Journal, openJournal } from '../../src/renew/journal/journal-file.ts';
import type { Actors } from '../../src/renew/steps/actor.ts';
import { ACTORS } from '../../src/renew/steps/actors.ts';
import { issueAuthority } from '../../testnode/pki.ts';

const NAMES = ['a', 'b', 'c'];
export const BACKUP = '/var/lib/certagent/backups/plan-1';
const pki = (name: string): string => `/etc/k/${name}`;

export const expect = (name: string): Expectation => ({
  id: name,
  path: pki(`${name}.crt`),
  keyPath: pki(`${name}.key`),
  caPath: null,
  old: null,
});

const restart = (component: CycleStep['component']): CycleStep => ({
  kind: 'cycle',
  component,
  manifest: `/etc/k/manifests/${component}.yaml`,
  method: 'annotate',
  processArguments: [],
  health: null,
  limit: 1_000,
});

const writes = (name: string): string[] => [pki(`${name}.key`), pki(`${name}.crt`)];

/** 0 backup, 1 to 3 renewals of a, b and c, 4 verify, 5 and 6 restarts. */
export const fakePlan = (change: Partial<RenewalPlan> = {}): RenewalPlan => ({
  id: 'plan-1',
  createdAt: 1,
  distribution: 'kubeadm',
  certificates: NAMES,
  why: 'due',
  oldExpired: false,
  steps: [
    {
      kind: 'backup',
      directory: BACKUP,
      files: [pki('ca.crt'), pki('ca.key'), ...NAMES.flatMap(writes), pki('other.conf')],
      directories: [],
    },
    ...NAMES.map(
      (name): Step => ({
        kind: 'kubeadm-renew',
        name,
        argv: ['certs', 'renew', name],
        writes: writes(name),
        expect: expect(name),
        limit: 1_000,
      }),
    ),
    { kind: 'verify-files', expect: NAMES.map(expect) },
    restart('kube-apiserver'),
    restart('kube-scheduler'),
  ],
  ...change,
});

/** What happens while a step acts, after its first file and before it is done. */
export type Meanwhile = (step: Step, node: FakeNode) => Promise<void> | void;

export type FakeNode = {
  root: Root;
  context: RenewContext;
  progress: Progress[];
  /** What acted, in order: "a", "restart kube-apiserver". */
  acted: string[];
  write(path: string, content: string): Promise<void>;
  read(path: string): Promise<string | null>;
  /** The names whose certificate and key are the renewed ones; "a.key" where only that is. */
  renewed(): Promise<string[]>;
  records(): Promise<JournalRecord[]>;
  execute(plan?: RenewalPlan): Promise<PlanOutcome>;
  recover(change?: Partial<RenewContext>): Promise<PlanOutcome | null>;
  /** Runs the plan (null: the recovery) in an agent that stops for ever when `at` is true of what it is about to journal. */
  killed(at: (record: JournalRecord) => boolean, plan?: RenewalPlan | null): Promise<void>;
};

export async function fakeNode(
  t: TestContext,
  { meanwhile = () => {}, ...change }: Partial<RenewContext> & { meanwhile?: Meanwhile } = {},
): Promise<FakeNode> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-fake-'));
  const root = new Root(directory);
  let journal = await openJournal(root);
  t.after(async () => {
    await journal.close();
    await rm(directory, { recursive: true, force: true });
  });
  const node: FakeNode = {
    root,
    progress: [],
    acted: [],
    context: {
      root,
      journal,
      actors: actorsOf(() => node, meanwhile),
      now: Date.now,
      progress: (each) => node.progress.push(each),
      backups: 5,
      pollInterval: 1,
      ...change,
    },
    write: async (path, content) => {
      await mkdir(dirname(root.at(path)), { recursive: true });
      await writeFile(root.at(path), content);
    },
    read: (path) => readFile(root.at(path), 'utf8').catch(() => null),
    renewed: async () => {
      const found: string[] = [];
      for (const name of NAMES) {
        const [key, certificate] = [await node.read(pki(`${name}.key`)), await node.read(pki(`${name}.crt`))];
        if (isNew(key) && isNew(certificate)) found.push(name);
        else if (isNew(key)) found.push(`${name}.key`);
        else if (isNew(certificate)) found.push(`${name}.crt`);
      }
      return found;
    },
    records: () => journal.records(),
    execute: (plan = fakePlan()) => execute(plan, 'manual', node.context),
    recover: async (more = {}) => {
      // As the next start: a journal of its own.
      await journal.close();
      journal = await openJournal(root);
      node.context.journal = journal;
      return recover({ ...node.context, ...more });
    },
    killed: async (at, plan = fakePlan()) => {
      await new Promise<void>((dead, failed) => {
        const dying: Journal = {
          ...journal,
          append: (record) => {
            if (!at(record)) return journal.append(record);
            dead();
            return new Promise(() => {});
          },
        };
        const context = { ...node.context, journal: dying };
        const run = plan === null ? recover(context) : execute(plan, 'manual', context);
        run.then(() => failed(new Error('the agent came to its end')), failed);
      });
    },
  };
  const ca = await issueAuthority({ commonName: 'ca', notBefore: 0, notAfter: Date.now() + 1e10 });
  await node.write(pki('ca.crt'), ca.certificatePem);
  await node.write(pki('ca.key'), ca.keyPem);
  for (const path of [...NAMES.flatMap(writes), pki('other.conf')]) await node.write(path, `old ${path}`);
  return node;
}

const isNew = (content: string | null): boolean => content?.startsWith('new') === true;

function actorsOf(node: () => FakeNode, meanwhile: Meanwhile): Actors {
  const nothing = async (): Promise<string> => '';
  return {
    ...ACTORS,
    'kubeadm-renew': {
      ...ACTORS['kubeadm-renew'],
      isDone: async ({ name }) => ((await node().renewed()).includes(name) ? 'renewed already' : null),
      mayGoOn: async ({ name }, { plan }) => plan.oldExpired || (await node().renewed()).includes(name),
      act: async (step) => {
        const [key = '', certificate = ''] = step.writes;
        await node().write(key, `new ${step.name}`);
        await meanwhile(step, node());
        await node().write(certificate, `new ${step.name}`);
        node().acted.push(step.name);
        return 'renewed';
      },
    },
    'verify-files': { ...ACTORS['verify-files'], act: nothing },
    cycle: {
      ...ACTORS.cycle,
      act: async (step) => {
        node().acted.push(`restart ${step.component}`);
        await meanwhile(step, node());
        return 'back';
      },
    },
  };
}

export const isDone = (step: number) => (record: JournalRecord) => record.type === 'step-done' && record.step === step;
export const isStart = (step: number) => (record: JournalRecord) =>
  record.type === 'step-started' && record.step === step;

/** Fails the restart of the kube-apiserver, after `first`. */
export const failsAtRestart =
  (first: (node: FakeNode) => Promise<void> | void = () => {}): Meanwhile =>
  async (step, node) => {
    if (step.kind !== 'cycle' || node.acted.filter((each) => each.startsWith('restart')).length > 1) return;
    await first(node);
    throw Object.assign(new Error('it did not come back'), { code: 'COMPONENT_NOT_BACK' });
  };
