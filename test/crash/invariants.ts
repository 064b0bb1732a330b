// What must be so after a kill and the next start, read from the disk and from the servers by means of our own.
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import type { Step } from '../../src/domain/model/plan.ts';
import { changesNode, isLeftAtOnce } from '../../src/domain/plan/plan-parts.ts';
import { findProcesses, isCalled } from '../../src/host/processes.ts';
import { STATE_DIR } from '../../src/host/root.ts';
import { filesOf } from './files.ts';
import { type Ground, HOOK_NOTES } from './ground.ts';

export type Faulty = { what: string; detail: string };

/** How far the agent had come when it was killed, as the disk shows. */
export type State = {
  /** The plan whose outcome is not in the journal; null: there is none. */
  unfinished: string | null;
  /** The alert about its outcome was in a spool or sent, but not in the journal. */
  telling: boolean;
};

export async function stateOf({ node, inbox }: Ground): Promise<State> {
  const { records } = await journalOf(node.root);
  const begun = records.findLast((record) => record.type === 'plan-started');
  const told =
    begun !== undefined && records.some((record) => record.type === 'plan-told' && record.planId === begun.plan.id);
  const ended = records.some((record) => record.type === 'plan-ended' && record.planId === begun?.plan.id);
  const unfinished = begun === undefined || told ? null : begun.plan.id;
  const sent = inbox.webhooks.length > 0 || (await spooled(node.root)).length > 0;
  return { unfinished, telling: unfinished !== null && ended && sent };
}

/** What is not as it must be; empty when all is well. `states`: at each kill. */
export async function faultsOf(ground: Ground, states: State[]): Promise<Faulty[]> {
  const faults: Faulty[] = [];
  const check = async (what: string, look: () => Promise<(string | null)[]>): Promise<void> => {
    const details = await look().catch((error: Error) => [error.stack ?? error.message]);
    for (const detail of details) if (detail !== null) faults.push({ what, detail });
  };
  await check('manifests', () => manifests(ground));
  await check('leftovers', () => leftovers(ground));
  await check('pairs', () => pairs(ground));
  await check('components', () => components(ground));
  await check('journal', () => journal(ground));
  await check('hooks', () => hooks(ground));
  await check('alerts', () => alerts(ground, states));
  await check('restored', () => restored(ground));
  return faults;
}

const MANIFESTS = '/etc/kubernetes/manifests/';
const withoutAnnotation = (text: string) =>
  text.replace(/^ *certagent\.io\/renewed-at: .*\n/m, '').replace(/^ {2}annotations:\n(?! {4})/m, '');

async function manifests({ node, copy }: Ground): Promise<(string | null)[]> {
  const wanted = (await filesOf(copy)).filter((path) => path.startsWith(MANIFESTS));
  const there = (await filesOf(node.root)).filter((path) => path.startsWith(MANIFESTS));
  const same = await Promise.all(
    wanted.map(async (path) => {
      const [before, after] = [join(copy, path), join(node.root, path)];
      if (!there.includes(path)) return `${path} is gone`;
      if ((await stat(before)).mode !== (await stat(after)).mode) return `${path} has another mode`;
      const text = withoutAnnotation(await readFile(after, 'utf8'));
      return text === withoutAnnotation(await readFile(before, 'utf8')) ? null : `${path} is not what it was`;
    }),
  );
  return [...same, ...there.filter((path) => !wanted.includes(path)).map((path) => `${path} is among the manifests`)];
}

/** Of the whole node: temporary files, half backups, manifests that are out, copies of a rehearsal. */
async function leftovers({ node, plan }: Ground): Promise<string[]> {
  const files = await filesOf(node.root);
  const backups = new Set(files.flatMap((path) => /^\/var\/lib\/certagent\/backups\/([^/]+)\//.exec(path)?.[1] ?? []));
  const tries = (await journalOf(node.root)).records.filter(({ type }) => type === 'plan-started').length;
  const whole = [...backups].filter((name) => files.includes(`${STATE_DIR}/backups/${name}/manifest.json`));
  return [
    ...files.filter((path) =>
      /\.certagent-|\.tmp$|\.partial(\/|$)|\/certagent\/(moved|rehearsals|installing)\/./.test(path),
    ),
    ...halfRequests(files),
    ...[...backups].filter((name) => !whole.includes(name)).map((name) => `backup ${name} has no manifest`),
    // What was only interrupted is tried again at once, with a backup of its own.
    ...(whole.length > plan.backups + Math.max(1, tries) ? [`${whole.length} backups`] : []),
  ];
}

/** A request has three files, or none. */
function halfRequests(files: string[]): string[] {
  const of = files.filter((path) => path.startsWith(`${STATE_DIR}/requests/`));
  const counts = Map.groupBy(of, (path) => path.replace(/\.(json|csr|key)$/, ''));
  return [...counts].flatMap(([name, parts]) => (parts.length === 3 ? [] : [`${name} is half a request`]));
}

/** Each certificate beside its key, each kubeconfig, and K3s's dynamic-cert.json. */
async function pairs({ node }: Ground): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (const path of await filesOf(node.root)) {
    if (!/^\/(etc|var\/lib\/rancher)\//.test(path)) continue;
    const pair = await pairIn(node.root, path);
    if (pair === null) continue;
    const certificate = new X509Certificate(pair.certificate);
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) found.push(`${path} does not match its key`);
    if (certificate.validToDate.getTime() < Date.now()) found.push(`${path} has ended`);
  }
  return found;
}

async function pairIn(
  root: string,
  path: string,
): Promise<{ certificate: string | Buffer; key: string | Buffer } | null> {
  const at = join(root, path);
  if (path.endsWith('.crt')) {
    const key = await readFile(at.replace(/\.crt$/, '.key')).catch(() => null);
    return key === null ? null : { certificate: await readFile(at), key };
  }
  if (!/\.(conf|yaml)$|dynamic-cert\.json$/.test(path)) return null;
  const text = await readFile(at, 'utf8');
  const [certificate, key] = ['client-certificate-data', 'client-key-data'].map((name) => data(text, `${name}: `));
  if (certificate && key) return { certificate, key };
  const [listener, itsKey] = ['tls.crt', 'tls.key'].map((name) => data(text, `"${name}":"`));
  return listener && itsKey ? { certificate: listener, key: itsKey } : null;
}

function data(text: string, before: string): Buffer | null {
  const found = new RegExp(`${before.replaceAll('.', '\\.')}([A-Za-z0-9+/=]+)`).exec(text.replaceAll('": "', '":"'));
  return found === null ? null : Buffer.from(found[1] ?? '', 'base64');
}

const COMPONENTS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

async function components(ground: Ground): Promise<(string | null)[]> {
  const { node } = ground;
  const { ports, root } = node;
  const serves = async (port: number | undefined, path: string): Promise<string | null> => {
    const [raw, file] = [await served(port ?? 0), await readFile(join(root, path), 'utf8')];
    const pem = path.endsWith('.json') ? (data(file, '"tls.crt":"')?.toString() ?? '') : file;
    if (!raw.equals(new X509Certificate(pem).raw)) return `${port} does not serve ${path}`;
    return new X509Certificate(raw).validToDate.getTime() > Date.now() ? null : `${port} serves an ended certificate`;
  };
  if (node.kind === 'k3s-server') {
    const tls = '/var/lib/rancher/k3s/server/tls';
    const client = await pairIn(root, '/etc/rancher/k3s/k3s.yaml');
    return [
      await serves(ports.api, `${tls}/dynamic-cert.json`),
      await serves(ports.apiInternal, `${tls}/serving-kube-apiserver.crt`),
      await healthy(`https://127.0.0.1:${ports.api}/readyz`, client ?? undefined),
    ];
  }
  if (node.kind === 'k3s-agent') {
    const agent = '/var/lib/rancher/k3s/agent';
    const client = await pairIn(root, `${agent}/client-kubelet.crt`);
    return [
      await serves(ports.kubelet, `${agent}/serving-kubelet.crt`),
      await healthy(`https://127.0.0.1:${ports.apiInternal}/readyz`, client ?? undefined),
    ];
  }
  const local = node.kind === 'kubeadm';
  const counts = await Promise.all(
    COMPONENTS.filter((name) => local || name !== 'etcd').map(async (name) => {
      const all = await findProcesses('/proc', (argv) => isCalled(argv, name));
      const ours = all.filter(({ argv }) => argv.some((word) => word.includes(`${root}/`)));
      return ours.length === 1 ? null : `${ours.length} processes of ${name}`;
    }),
  );
  return [
    ...counts,
    await serves(ports.apiserver, '/etc/kubernetes/pki/apiserver.crt'),
    local ? await serves(ports.etcd, '/etc/kubernetes/pki/etcd/server.crt') : null,
    local ? await serves(ports.etcdPeer, '/etc/kubernetes/pki/etcd/peer.crt') : null,
    await healthy(`https://127.0.0.1:${ports.apiserver}/readyz`),
    await healthy(`https://127.0.0.1:${ports.controllerManager}/healthz`),
    await healthy(`https://127.0.0.1:${ports.scheduler}/healthz`),
  ];
}

function served(port: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

function healthy(
  url: string,
  client: { certificate?: string | Buffer; key?: string | Buffer } = {},
): Promise<string | null> {
  return new Promise((resolve) => {
    const ask = url.startsWith('https:') ? secureRequest : request;
    const options = { agent: false as const, rejectUnauthorized: false, timeout: 5_000 };
    const asked = ask(
      url,
      { ...options, ...(client.key ? { cert: client.certificate, key: client.key } : {}) },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200 ? null : `${url} answers ${answer.statusCode}`);
      },
    );
    asked.on('error', (error) => resolve(`${url}: ${error.message}`));
    asked.end();
  });
}

/** Whole records, and the rest after them. */
export async function journalOf(root: string): Promise<{ records: JournalRecord[]; torn: string }> {
  const text = await readFile(join(root, STATE_DIR, 'journal.jsonl'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  return { records: lines.map((line) => JSON.parse(line) as JournalRecord), torn };
}

/** Every plan has exactly one outcome, which was reported; every undo that was begun has an outcome too. */
async function journal({ node }: Ground): Promise<(string | null)[]> {
  const { records, torn } = await journalOf(node.root);
  const plans = records.filter((record) => record.type === 'plan-started');
  const countOf = (type: JournalRecord['type'], id: string) =>
    records.filter((record) => record.type === type && 'planId' in record && record.planId === id).length;
  return [
    torn === '' ? null : 'the last line is torn',
    plans.length > 0 ? null : 'no plan is reported',
    ...plans.flatMap(({ plan: { id } }) => [
      countOf('plan-ended', id) === 1 ? null : `${id} has ${countOf('plan-ended', id)} outcomes`,
      countOf('plan-told', id) === 1 ? null : `${id} is reported ${countOf('plan-told', id)} times`,
    ]),
  ];
}

/** Of each plan: what comes before has ended unless the plan was over before it, and one of the others follows, to its end. */
async function hooks({ node, plan }: Ground): Promise<(string | null)[]> {
  if (!plan.hooks) return [];
  const notes = (await readFile(join(node.root, HOOK_NOTES), 'utf8').catch(() => '')).split('\n');
  const { records } = await journalOf(node.root);
  return records.flatMap((record) => {
    if (record.type !== 'plan-ended') return [];
    const { planId, result } = record;
    const [follows, not] = result === 'succeeded' ? ['renewed', 'failed'] : ['failed', 'renewed'];
    const has = (event: string) => notes.includes(`${planId} ${event} ends`);
    return [
      result !== 'succeeded' || has('before') ? null : `${planId} succeeded without what comes before`,
      has(follows!) ? null : `${planId} ${result} without ${follows}`,
      // It had begun when the agent was killed, and what failed after it is the plan of another try.
      not === 'failed' && has(not) ? `${planId} ${result} with ${not}` : null,
    ];
  });
}

/** After SIGTERM in the first run: the current step was finished, unless it changes nothing or is left where it is by design. */
export async function stepInHand({ node }: Ground): Promise<Faulty[]> {
  const { records } = await journalOf(node.root);
  const plan = records.findLast((record) => record.type === 'plan-started')?.plan;
  const open = new Set<string>();
  for (const record of records) {
    if ('step' in record && mayBeLeft(plan?.steps[record.step])) continue;
    if (record.type === 'step-started') open.add(`step ${record.step}`);
    if (record.type === 'step-done' || record.type === 'step-failed') open.delete(`step ${record.step}`);
    if (record.type === 'undo-started') open.add(`undo of ${record.step}`);
    if (record.type === 'undo-done') open.delete(`undo of ${record.step}`);
  }
  return [...open].map((detail) => ({ what: 'not finished at SIGTERM', detail }));
}

const mayBeLeft = (step: Step | undefined): boolean => step !== undefined && (isLeftAtOnce(step) || !changesNode(step));

/** As the last restore or installation ended, so are all of its files: what it puts there, or what it would have replaced. */
async function restored({ node }: Ground): Promise<(string | null)[]> {
  const { records } = await journalOf(node.root);
  const plan = records.findLast((record) => record.type === 'plan-started')?.plan;
  const end = records.findLast((record) => record.type === 'plan-ended');
  if (plan === undefined || end === undefined) return [];
  const files = plan.steps.flatMap((step) =>
    step.kind === 'restore-files' || step.kind === 'install-files' ? step.pairs.flatMap((pair) => pair.files) : [],
  );
  return Promise.all(
    files.map(async ({ path, sha256, was }) => {
      const now = createHash('sha256')
        .update(await readFile(join(node.root, path)))
        .digest('hex');
      return now === (end.result === 'succeeded' ? sha256 : was) ? null : `${path} is not as ${end.result} says`;
    }),
  );
}

type Told = { status: string; code: string };

/** Each interrupted plan is reported as recovered once (twice only after a kill during the report), others are not. */
async function alerts({ node, inbox, plan }: Ground, states: State[]): Promise<(string | null)[]> {
  const messages = inbox.webhooks.map((body) => (JSON.parse(body) as { data: { id: string; alerts: Told[] } }).data);
  const told = [...new Map(messages.map(({ id, alerts }) => [id, alerts])).values()].flat();
  const waiting = await spooled(node.root);
  const count = (code: string) => told.filter((each) => each.code === code).length;
  const least = new Set(states.flatMap(({ unfinished }) => unfinished ?? [])).size;
  const most = least + states.slice(1).filter(({ telling }) => telling).length;
  const recovered = count('RECOVERED');
  const { records } = await journalOf(node.root);
  // Of a restore that was not begun nothing remains to be told.
  const begun = records.some((record) => record.type === 'plan-started' && record.plan.restores !== undefined);
  return [
    waiting.length === 0 ? null : `${waiting.length} alerts wait`,
    told.length > 0 || (plan.restores === true && !begun) ? null : 'nothing is told',
    recovered >= least && recovered <= most
      ? null
      : `RECOVERED is reported ${recovered} times, not ${least} to ${most}`,
  ];
}

async function spooled(root: string): Promise<string[]> {
  return (await filesOf(root)).filter((path) => path.startsWith(`${STATE_DIR}/spool/`) && path.endsWith('.json'));
}
