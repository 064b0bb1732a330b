// A throw-away node that is put back to the same running state before each try: files from a copy, processes anew.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Inbox, openInbox } from '../../demo/inbox.ts';
import { makeSoloAgent } from '../../src/daemon/solo.ts';
import { HOOK_EVENTS, type HookEvent } from '../../src/domain/model/hook.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { writeRequests } from '../../src/host/exchange-files.ts';
import { HOOKS_DIR } from '../../src/host/hooks-directory.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE, Root, STATE_DIR } from '../../src/host/root.ts';
import { makeNode, type TestNode } from '../../testnode/node.ts';
import { opensslCa } from '../../testnode/openssl-ca.ts';
import { quickStandIns } from '../testnode/bundle.ts';
import { contentsOf } from './files.ts';
import type { CrashPlan } from './plans.ts';

export type Ground = {
  plan: CrashPlan;
  node: TestNode;
  inbox: Inbox;
  /** The node as it is before each try: a directory with the same paths. */
  copy: string;
  /** For logs of points and the like. */
  directory: string;
  reset(): Promise<void>;
  remove(): Promise<void>;
};

/** Among certagent's own files, which go before each try. */
export const HOOK_NOTES = `${STATE_DIR}/hook-notes`;

const COPYING = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };

export async function makeGround(plan: CrashPlan): Promise<Ground> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-crash-'));
  const root = join(directory, 'node');
  const copy = join(directory, 'copy');
  await quickStandIns();
  const node = await makeNode({
    root,
    kind: plan.kind,
    leafEnds: Date.now() + 20 * DAY,
    speed: plan.speed,
    sandbox: plan.sandbox === true,
    ...(plan.freshListener === true ? { listenerEnds: Date.now() + 300 * DAY } : {}),
    ...(plan.egress === undefined ? {} : { egress: plan.egress }),
  });
  const inbox = await openInbox();
  await configure(node, plan, inbox);
  if (plan.sans === true) await writeFile(join(root, 'etc/kubernetes/kubeadm.yaml'), KUBEADM_CONFIG, { mode: 0o600 });
  if (plan.hooks) for (const event of HOOK_EVENTS) await makeHook(root, event);
  for (let age = plan.backups; age > 0; age -= 1) await makeOldBackup(node, age);
  if (plan.installs === true) await signElsewhere(node, plan, inbox, directory);
  else if (plan.restores === true) await renewBefore(node, plan, inbox);
  await node.faults(plan.faults);
  await cp(root, copy, COPYING);
  let running = false;
  return {
    plan,
    node,
    inbox,
    copy,
    directory,
    reset: async () => {
      inbox.webhooks.length = 0;
      if (running && (await isUntouched(root, copy))) {
        // Neither file nor process knows of the last try: only the agent's own things go.
        await rm(join(root, STATE_DIR), { recursive: true, force: true });
        await cp(join(copy, STATE_DIR), join(root, STATE_DIR), COPYING).catch(() => {});
        return;
      }
      running = true;
      await node.stop();
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
      await cp(copy, root, COPYING);
      await node.start({ longRunning: true });
    },
    remove: async () => {
      await node.remove();
      await inbox.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** etcd is elsewhere, as on the node. */
const KUBEADM_CONFIG = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
controlPlaneEndpoint: lb.example.org:6443
etcd:
  external:
    endpoints: [https://127.0.0.1:2379]
`;

/** Every manifest that was cycled has another time; every file that was put back, too. */
async function isUntouched(root: string, copy: string): Promise<boolean> {
  const [now, before] = [await contentsOf(root), await contentsOf(copy)];
  const relevant = (path: string) => !path.startsWith(`${STATE_DIR}/`) && !path.startsWith('/run/');
  const paths = [...new Set([...now.keys(), ...before.keys()])].filter(relevant);
  return paths.every((path) => now.get(path) === before.get(path));
}

/** What is restored later: a renewal with its backup and its journal. */
async function renewBefore(node: TestNode, plan: CrashPlan, inbox: Inbox): Promise<void> {
  await node.start({ longRunning: true });
  const options = { root: new Root(node.root), configFile: CONFIG_FILE, now: Date.now, log: silentLog };
  const agent = await makeSoloAgent(options);
  const outcome = await agent.renew({ force: false }, () => {});
  await agent.close();
  if (outcome?.result !== 'succeeded') throw new Error(`the renewal before failed: ${outcome?.error?.message}`);
  await node.stop();
  await configure(node, { ...plan, config: `mode = "observe"\n${plan.config}` }, inbox);
}

/** Where the answers of the CA elsewhere are, in the directory of a ground. */
export const ANSWERS = 'signed';

/** The key of the CA leaves the node; what kubeadm still signs is renewed, and the answers to requests for the rest are there. */
async function signElsewhere(node: TestNode, plan: CrashPlan, inbox: Inbox, directory: string): Promise<void> {
  const pki = join(node.root, 'etc/kubernetes/pki');
  const [certificate, key] = [await readFile(join(pki, 'ca.crt'), 'utf8'), await readFile(join(pki, 'ca.key'), 'utf8')];
  await rm(join(pki, 'ca.key'));
  await renewBefore(node, plan, inbox);
  const options = { root: new Root(node.root), configFile: CONFIG_FILE, now: Date.now, log: silentLog };
  const agent = await makeSoloAgent(options);
  const { requests } = await agent.csr({ names: ['apiserver', 'scheduler.conf'], fresh: false, drop: false });
  await agent.close();
  await writeRequests(join(directory, 'csr'), requests);
  opensslCa(join(directory, 'ca'), certificate, key).signAll(join(directory, 'csr'), join(directory, ANSWERS));
}

/** Copies are another story, with a matrix of its own. */
async function configure(node: TestNode, { config }: CrashPlan, inbox: Inbox): Promise<void> {
  await mkdir(join(node.root, 'etc/certagent'), { recursive: true });
  const sinks = `[copies]\nenabled = false\n[[alerts.webhook]]\nurl = "${inbox.webhookUrl}"\n`;
  await writeFile(join(node.root, CONFIG_FILE), `${config}\n${sinks}`);
}

/** Notes that it has begun, and that it has finished. */
async function makeHook(root: string, event: HookEvent): Promise<void> {
  const directory = join(root, HOOKS_DIR, `${event}.d`);
  await mkdir(directory, { recursive: true });
  const note = (what: string) => `echo "$CERTAGENT_PLAN ${event} ${what}" >> '${join(root, HOOK_NOTES)}'`;
  await writeFile(join(directory, 'note'), `#!/bin/sh\n${note('begins')}\n${note('ends')}\n`, { mode: 0o755 });
}

async function makeOldBackup(node: TestNode, age: number): Promise<void> {
  const directory = join(node.root, STATE_DIR, `backups/old-${age}`);
  const path = '/etc/kubernetes/pki/ca.crt';
  await mkdir(join(directory, 'files/etc/kubernetes/pki'), { recursive: true });
  await writeFile(join(directory, 'files', path), 'old');
  const manifest = {
    version: 1,
    planId: `old-${age}`,
    createdAt: Date.now() - age * DAY,
    files: [],
    links: [],
    absent: [],
  };
  await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
}
