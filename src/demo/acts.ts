import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DAY } from '../domain/duration.ts';
import { CertagentError } from '../domain/errors.ts';
import { ourselves } from '../host/self.ts';
import { describeCopy, heading, received, textOf } from './exhibits.ts';
import { type Inbox, openInbox } from './inbox.ts';
import { startEnvironment } from './launch.ts';
import { type DemoNode, makeNode, type NodeKind, openNode } from './node.ts';

export type DemoOptions = {
  /** Leave the nodes (stopped daemon, running components) where they are and say where. */
  keep: boolean;
  out: NodeJS.WriteStream;
};

type Act = {
  title: string;
  story: string;
  directory: string;
  kind: NodeKind;
  leafDays: number;
  /** What is shown between the node's start and the last status. */
  perform: (stage: Stage) => Promise<void>;
};
type Stage = { root: string; inbox: Inbox; out: NodeJS.WriteStream; daemon: () => Promise<void> };

const ACTS: Act[] = [
  {
    title: 'A kubeadm control-plane node, certificates end in 60 days',
    story: 'Due, not urgent: left alone, certagent waits for the maintenance window. Here it is asked to renew now.',
    directory: 'kubeadm',
    kind: 'kubeadm',
    leafDays: 60,
    perform: renewByHand,
  },
  {
    title: 'A K3s server, certificates end in 60 days',
    story: 'K3s renews at a restart, and the certificate clients see on the API port half a minute after that.',
    directory: 'k3s',
    kind: 'k3s-server',
    leafDays: 60,
    perform: renewByHand,
  },
  {
    title: 'A K3s server that was switched off for a year: every certificate ended two days ago',
    story: 'Nobody can reach its API any more. The daemon starts with the machine, and nobody asks it for anything.',
    directory: 'k3s-expired',
    kind: 'k3s-server',
    leafDays: -2,
    perform: healAlone,
  },
];

/**
 * The whole job on throw-away nodes: status, plan, renewal, status, the alerts as received, a user's kubeconfig before
 * and after. Every certagent shown is the real command in a process of its own. Returns the exit code.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'certagent-demo-'));
  const nodes: DemoNode[] = [];
  let failed = false;
  const end = async () => {
    if (options.keep && !failed) return;
    await Promise.all(nodes.map((node) => node.remove()));
    await rm(home, { recursive: true, force: true });
  };
  process.once('SIGINT', () => {
    failed = true;
    void end().then(() => process.exit(130));
  });
  try {
    for (const act of ACTS) await play(act, home, nodes, options);
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    await end();
  }
  if (options.keep) {
    options.out.write(`\nThe nodes are left running. Look around:\n`);
    for (const { root } of nodes) options.out.write(`  ${ourselves().name} --root ${root} status\n`);
    options.out.write(`To end them: ${ourselves().name} demo --remove ${home}\n`);
  } else {
    options.out.write(`\nThe nodes are gone again. To keep them and look around: ${ourselves().name} demo --keep\n`);
  }
  return 0;
}

/** Ends and deletes what `keep` left in a directory. Throws for a directory that holds no nodes of a demo. */
export async function removeDemo(home: string): Promise<number> {
  const known = ACTS.map(({ directory }) => join(home, directory)).filter((root) =>
    existsSync(join(root, 'etc/demo-node.json')),
  );
  if (known.length === 0)
    throw new CertagentError('NO_DEMO', `${home} holds no nodes of a demo`, {
      remedy: 'Name the directory that `certagent demo --keep` told.',
    });
  for (const root of known) await (await openNode(root)).remove();
  await rm(home, { recursive: true, force: true });
  return 0;
}

async function play(act: Act, home: string, nodes: DemoNode[], { keep, out }: DemoOptions): Promise<void> {
  heading(out, act.title);
  out.write(`${act.story}\n`);
  const root = join(home, act.directory);
  const node = await makeNode({
    root,
    kind: act.kind,
    leafEnds: Date.now() + act.leafDays * DAY,
    keys: 'rsa',
    speed: 0.2,
  });
  nodes.push(node);
  const inbox = await openInbox();
  try {
    await node.start({ outlive: keep, longRunning: true });
    await configure(root, inbox);
    const copy = join(root, 'home/alice/.kube/config');
    const before = await describeCopy(copy);

    let daemon: { stop(): Promise<void> } | null = null;
    try {
      await act.perform({
        root,
        inbox,
        out,
        daemon: async () => {
          daemon = await startDaemon(root);
        },
      });
      await show(out, root, ['status']);
      await received(inbox);
    } finally {
      await (daemon as { stop(): Promise<void> } | null)?.stop();
    }
    heading(out, 'The email, as the SMTP server received it');
    out.write(`${textOf(inbox.emails.at(-1) ?? '')}\n`);
    heading(out, 'The webhook, as the HTTP server received it');
    out.write(`${JSON.stringify(JSON.parse(inbox.webhooks.at(-1) ?? 'null'), null, 2)}\n`);
    heading(out, "alice's ~/.kube/config");
    out.write(`before: ${before}\nafter:  ${await describeCopy(copy)}\n`);
  } finally {
    await inbox.close();
  }
}

async function renewByHand({ root, out, daemon }: Stage): Promise<void> {
  await daemon();
  await show(out, root, ['status']);
  await show(out, root, ['plan', '--now']);
  await show(out, root, ['renew', '--yes']);
}

async function healAlone({ root, inbox, out, daemon }: Stage): Promise<void> {
  await show(out, root, ['status']);
  out.write('\n$ systemctl start certagent\n');
  await daemon();
  await received(inbox);
}

async function configure(root: string, inbox: Inbox): Promise<void> {
  await mkdir(join(root, 'etc/certagent'), { recursive: true });
  const lines = [
    '[[alerts.email]]',
    'host = "127.0.0.1"',
    `port = ${inbox.smtpPort}`,
    'security = "none"',
    'from = "certagent@node.example"',
    'to = ["ops@example.org"]',
    '',
    '[[alerts.webhook]]',
    `url = "${inbox.webhookUrl}"`,
    '',
  ];
  await writeFile(join(root, 'etc/certagent/config.toml'), lines.join('\n'));
}

/** `certagent --root ROOT …`, with the terminal (its progress line and colours) when there is one. */
async function show(out: NodeJS.WriteStream, root: string, args: string[]): Promise<void> {
  out.write(`\n$ certagent ${args.join(' ')}\n`);
  const { program, first } = ourselves();
  const child = spawn(program, [...first, '--root', root, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...startEnvironment() },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`certagent ${args.join(' ')} exited with ${code}`);
}

async function startDaemon(root: string): Promise<{ stop(): Promise<void> }> {
  const { program, first } = ourselves();
  const log: Buffer[] = [];
  const child = spawn(program, [...first, '--root', root, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...startEnvironment() },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log.push(chunk));
  const ended = once(child, 'exit');
  if (!(await listens(join(root, 'run/certagent/control.sock'))))
    throw new Error(`the daemon did not start:\n${Buffer.concat(log)}`);
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Waits for a unix socket that accepts, at most a minute: the daemon may be an emulated one. */
async function listens(path: string): Promise<boolean> {
  for (let tries = 0; tries < 600; tries++) {
    const socket = connect(path);
    const accepted = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return true;
    await sleep(100);
  }
  return false;
}
