import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY } from '../src/domain/time/duration.ts';
import { makeNode, type NodeKind, openNode, type TestNode } from '../testnode/node.ts';
import { probe } from '../testnode/probe.ts';
import { addNames, KUBEADM_CONFIG } from './add-names.ts';
import { type Certagent, run, startDaemon } from './certagent.ts';
import { describeCopy, describeProbe, heading, received, textOf } from './exhibits.ts';
import { type Inbox, openInbox } from './inbox.ts';
import { moveAuthority } from './sign-elsewhere.ts';
import { closedWindow } from './window.ts';

export type DemoOptions = {
  /** Leave the nodes (stopped daemon, running components) where they are and say where. */
  keep: boolean;
  out: NodeJS.WritableStream;
  certagent: Certagent;
  /** Acts to show, by name; default: all. */
  acts?: string[];
  /** Time zone of the nodes (IANA); default UTC. */
  timeZone?: string;
};

type Act = {
  title: string;
  story: string;
  /** Of the act, and of its node's directory. */
  name: string;
  kind: NodeKind;
  leafDays: number;
  /** Default: today's. */
  version?: string;
  /** Whether the node can rehearse; default: no. */
  sandbox?: true;
  /** K3s has renewed what its listener serves by itself. */
  freshListener?: true;
  /** As a node must be whose K3s loads every certificate again. */
  egress?: 'disabled';
  /** Lines of the table [renew]. */
  renew?: string;
  /** What is shown between the node's start and the last status. */
  perform: (stage: Stage) => Promise<void>;
};
type Stage = {
  root: string;
  inbox: Inbox;
  /** Runs and shows one command of certagent. */
  show: (...args: string[]) => Promise<void>;
  say: (text: string) => void;
  daemon: () => Promise<void>;
};

const ACTS: Act[] = [
  {
    title: 'A kubeadm control-plane node, certificates expire in 60 days',
    story: 'Due, not urgent: certagent would wait for the maintenance window. Here we ask it to renew now.',
    name: 'kubeadm',
    kind: 'kubeadm',
    leafDays: 60,
    perform: renewByHand,
  },
  {
    title: 'A K3s server, certificates expire in 60 days',
    story: 'K3s renews at a restart; it renews the certificate on the API port half a minute later.',
    name: 'k3s',
    kind: 'k3s-server',
    leafDays: 60,
    perform: renewByHand,
  },
  {
    title: 'A K3s server that was switched off for a year: every certificate expired two days ago',
    story: 'Nobody can reach its API any more. The daemon starts with the machine and renews without being asked.',
    name: 'k3s-expired',
    kind: 'k3s-server',
    leafDays: -2,
    perform: healAlone,
  },
  {
    title: 'The same server with K3s v1.32.3, whose restart would hang',
    story:
      'That version can wait for its own expired listener for minutes (ten were watched). certagent tries the start on a copy of its files first, sees it wait, and tries once more with the file that cures it. Only then does it touch the server.',
    name: 'k3s-v1.32-expired',
    kind: 'k3s-server',
    leafDays: -2,
    version: 'v1.32.3+k3s1',
    sandbox: true,
    perform: rehearseFirst,
  },
  {
    title: 'A K3s server that gets its certificates without a restart',
    story:
      'The rehearsal on copies issues them, certagent puts them in place, and the running K3s loads them. The plan ends when the API server has counted no request with a previous certificate for a while: five minutes on a real K3s, shortened here.',
    name: 'in-place',
    kind: 'k3s-server',
    leafDays: 60,
    freshListener: true,
    egress: 'disabled',
    sandbox: true,
    renew: 'k3s = "in-place"\nclients_limit = "20s"',
    perform: renewByHand,
  },
  {
    title: 'A kubeadm control-plane node in external CA mode: the key of its CA is elsewhere',
    story:
      'kubeadm cannot renew what that CA signs. certagent writes requests with new keys, `openssl ca` signs them elsewhere, and certagent installs the answer.',
    name: 'external-ca',
    kind: 'kubeadm',
    leafDays: 60,
    perform: signElsewhere,
  },
  {
    title: 'A kubeadm control-plane node whose cluster has a load balancer since last week',
    story:
      "Its name is in the cluster's configuration, and not in the API server's certificate: clients refuse it there. `kubeadm certs renew` would copy the previous names.",
    name: 'sans',
    kind: 'kubeadm',
    leafDays: 60,
    renew: `sans = true\nkubeadm_config = "${KUBEADM_CONFIG}"`,
    perform: addNames,
  },
  {
    title: 'A user with a certificate of their own',
    story:
      "Kubernetes cannot take a client certificate back, so it is short-lived. alice's is requested from the cluster, in the group of the command, and written as alice; the API accepts it first.",
    name: 'users',
    kind: 'kubeadm',
    leafDays: 300,
    perform: addUser,
  },
];

/**
 * The whole job on throw-away nodes: status, plan, renewal, status, the alerts as received, a user's kubeconfig before
 * and after. Every certagent shown is the real command in a process of its own. Returns the exit code.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'certagent-demo-'));
  const nodes: TestNode[] = [];
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
    for (const act of chosen(options.acts)) await play(act, home, nodes, options);
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    await end();
  }
  if (options.keep) {
    options.out.write(`\nThe nodes are left running. Look around:\n`);
    for (const { root } of nodes) options.out.write(`  npx certagent --root ${root} status\n`);
    options.out.write(`To remove them: npm start -- --remove ${home}\n`);
  } else {
    options.out.write(`\nThe nodes are removed. To keep them and look around: npm start -- --keep\n`);
  }
  return 0;
}

/** Throws for a name that no act has. */
function chosen(names: string[] = ACTS.map(({ name }) => name)): Act[] {
  return names.map((wanted) => {
    const act = ACTS.find(({ name }) => name === wanted);
    if (act === undefined) throw new Error(`no act is called ${wanted}: ${ACTS.map(({ name }) => name).join(', ')}`);
    return act;
  });
}

/** Stops and deletes what `keep` left in a directory. Throws for a directory that holds no nodes of a demo. */
export async function removeDemo(home: string): Promise<number> {
  const known = ACTS.map(({ name }) => join(home, name)).filter((root) => existsSync(join(root, 'etc/demo-node.json')));
  if (known.length === 0)
    throw new Error(`${home} holds no nodes of a demo: name the directory that \`npm start -- --keep\` printed`);
  for (const root of known) await (await openNode(root)).remove();
  await rm(home, { recursive: true, force: true });
  return 0;
}

async function play(act: Act, home: string, nodes: TestNode[], options: DemoOptions): Promise<void> {
  const { keep, out, certagent, timeZone = 'UTC' } = options;
  heading(out, act.title);
  out.write(`${act.story}\n`);
  const root = join(home, act.name);
  const leafEnds = Date.now() + act.leafDays * DAY;
  const { kind, version, renew, sandbox = false } = act;
  const node = await makeNode({
    root,
    kind,
    leafEnds,
    keys: 'rsa',
    speed: 0.2,
    timeZone,
    sandbox,
    ...(act.freshListener === true ? { listenerEnds: Date.now() + 300 * DAY } : {}),
    ...(act.egress === undefined ? {} : { egress: act.egress }),
    ...(version === undefined ? {} : { version }),
  });
  nodes.push(node);
  const inbox = await openInbox();
  try {
    await node.start({ outlive: keep, longRunning: true });
    await configure(root, inbox, renewTable(sandbox, renew));
    const copy = join(root, 'home/alice/.kube/config');
    const before = await describeCopy(copy);

    const show = (...args: string[]) => run(certagent, root, args, out);
    let daemon: { stop(): Promise<void> } | null = null;
    const probed = probe((node.ports.apiserver ?? node.ports.api)!);
    try {
      await act.perform({
        root,
        inbox,
        show,
        say: (text) => void out.write(text),
        daemon: async () => {
          daemon = await startDaemon(certagent, root);
        },
      });
      await show('status');
      await received(inbox);
    } finally {
      await (daemon as { stop(): Promise<void> } | null)?.stop();
      await probed.end();
    }
    heading(out, 'The API, asked every 100 ms all the time');
    out.write(`${describeProbe(await probed.end())}\n`);
    heading(out, 'The email, as the SMTP server received it');
    out.write(`${await textOf(inbox.emails.at(-1) ?? '')}\n`);
    heading(out, 'The webhook, as the HTTP server received it');
    out.write(`${JSON.stringify(JSON.parse(inbox.webhooks.at(-1) ?? 'null'), null, 2)}\n`);
    heading(out, "alice's ~/.kube/config");
    out.write(`before: ${before}\nafter:  ${await describeCopy(copy)}\n`);
  } finally {
    await inbox.close();
  }
}

async function renewByHand({ show, daemon }: Stage): Promise<void> {
  await daemon();
  await show('status');
  await show('plan', '--now');
  await show('renew', '--yes');
}

async function healAlone({ inbox, show, say, daemon }: Stage): Promise<void> {
  await show('status');
  say('\n$ systemctl start certagent\n');
  await daemon();
  await received(inbox);
}

async function addUser({ show, daemon }: Stage): Promise<void> {
  await daemon();
  const file = ['--kubeconfig', '/home/alice/developer.kubeconfig'];
  await show('user', 'add', 'alice', '--group', 'developers', '--expires', '30d', ...file, '--approve');
  await show('sync');
  await show('alert', 'test');
}

async function rehearseFirst({ show }: Stage): Promise<void> {
  await show('status');
  await show('plan', '--rehearse');
  await show('renew', '--yes');
}

async function signElsewhere({ root, show, say, daemon }: Stage): Promise<void> {
  const { requests, signed, sign } = await moveAuthority(root);
  await daemon();
  await show('status');
  await show('csr', '--out', requests);
  say(`\n$ openssl ca -in … -out …   # for each request, where the key of the CA is\n`);
  sign();
  await show('install', signed, '--yes');
}

function renewTable(sandbox: boolean, renew = ''): string {
  const limits = sandbox ? 'settle = "1s"\nrestart_limit = "20s"\n' : '';
  return sandbox || renew !== '' ? `[renew]\n${limits}${renew}\n` : '';
}

async function configure(root: string, inbox: Inbox, renew: string): Promise<void> {
  await mkdir(join(root, 'etc/certagent'), { recursive: true });
  const lines = [
    closedWindow(Date.now()),
    renew,
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
