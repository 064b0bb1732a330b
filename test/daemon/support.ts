// An agent on a throw-away node that runs, and the alerts as a webhook receives them.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Inbox, openInbox } from '../../demo/inbox.ts';
import { type Agent, makeAgent } from '../../src/daemon/agent.ts';
import { DAY, HOUR } from '../../src/domain/time/duration.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import type { Faults, NodeOptions, TestNode } from '../../testnode/node.ts';
import { nodeFor } from '../testnode/support.ts';

export type Scene = { node: TestNode; agent: Agent; inbox: Inbox; root: Root };

export type SceneOptions = Partial<NodeOptions> & {
  /** Days until the leaves expire. */
  days: number;
  /** Lines of TOML before the alert sinks. */
  config?: string;
  /** Lines of the table [renew] besides the limits. */
  renew?: string;
  faults?: Partial<Faults>;
  now?: () => number;
};

/** Where a failure is expected nobody wants to wait for long; elsewhere a busy machine must not make one. */
const limits = (component: string) =>
  `[renew]\ncomponent_limit = "${component}"\nserved_limit = "${component}"\nlistener_limit = "${component}"\nsettle = "1s"\nrestart_limit = "${component}"\netcd_patience = "3s"\n`;

export async function scene(t: TestContext, options: SceneOptions): Promise<Scene> {
  const { days, config = '', renew = '', faults, now = Date.now, ...nodeOptions } = options;
  // K3s's listener has one chance soon after its start: long enough that a busy machine does not miss it.
  const speed = nodeOptions.kind?.startsWith('k3s') ? 0.1 : 0.02;
  const node = await nodeFor(t, { leafEnds: Date.now() + days * DAY, speed, ...nodeOptions });
  await node.start({ longRunning: true });
  if (faults !== undefined) await node.faults(faults);
  const inbox = await openInbox();
  await configure(node, `${config}\n${limits(faults === undefined ? '300s' : '8s')}${renew}\n`, inbox);
  const root = new Root(node.root);
  const agent = await anotherAgent(t, root, now);
  t.after(() => inbox.close());
  return { node, agent, inbox, root };
}

/** An agent on a node of which others may know already. */
export async function anotherAgent(t: TestContext, root: Root, now: () => number = Date.now): Promise<Agent> {
  const agent = await makeAgent({ root, configFile: CONFIG_FILE, now, log: silentLog });
  t.after(() => agent.close());
  return agent;
}

export async function configure(node: TestNode, config: string, inbox?: Inbox): Promise<void> {
  const sinks = inbox === undefined ? '' : `[[alerts.webhook]]\nurl = "${inbox.webhookUrl}"\n`;
  await mkdir(join(node.root, 'etc/certagent'), { recursive: true });
  await writeFile(join(node.root, CONFIG_FILE), `${config}\n${sinks}`);
}

/** A maintenance window around, or well after, this moment (UTC, the zone of throw-away nodes). */
export function maintenance(where: 'now' | 'later'): string {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString().slice(11, 16);
  const [start, end] = where === 'now' ? [-HOUR, 3 * HOUR] : [3 * HOUR, 6 * HOUR];
  return `[maintenance]\nstart = "${at(start)}"\nend = "${at(end)}"\n`;
}

/** "raised RENEWAL_FAILED" and so on, of everything the webhook has received, in order. */
export function told(inbox: Inbox): string[] {
  return inbox.webhooks.flatMap((body) => {
    const { data } = JSON.parse(body) as { data: { alerts: { status: string; code: string }[] } };
    return data.alerts.map(({ status, code }) => `${status} ${code}`);
  });
}

/** Waits until the webhook has received what is expected, at most five minutes; returns all of it. */
export async function toldAtLast(inbox: Inbox, ...expected: (string | RegExp)[]): Promise<string[]> {
  const isTold = (wanted: string | RegExp) =>
    told(inbox).some((line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line)));
  for (let tries = 0; tries < 6_000 && !expected.every(isTold); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return told(inbox);
}

/** SHA-256 of every file of the cluster's, by path: what must not change when nothing is to be touched. */
export async function fingerprints(node: TestNode): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const directory of ['etc/kubernetes', 'etc/rancher', 'var/lib/rancher', 'home']) {
    const entries = await readdir(join(node.root, directory), { recursive: true }).catch(() => []);
    for (const entry of entries.sort()) {
      const path = join(node.root, directory, entry);
      if ((await stat(path)).isFile()) {
        result[`/${directory}/${entry}`] = createHash('sha256')
          .update(await readFile(path))
          .digest('hex');
      }
    }
  }
  return result;
}
