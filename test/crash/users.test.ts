// A renewal of a user's own certificate has no plan and no journal: what it has begun is in users.json. Killed at any moment, the next
// start finishes it, with one certificate, and the user has access all the time.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { currentEntries, parseKubeconfig } from '../../src/host/kubeconfig.ts';
import { readKey, readLeaf } from '../../src/host/leaf.ts';
import { CONFIG_FILE, Root, STATE_DIR } from '../../src/host/root.ts';
import { publicKeyOfPrivate } from '../../src/host/x509.ts';
import { BACKUP_SUFFIX } from '../../src/sync/leftover-files.ts';
import { makeNode, type TestNode } from '../../testnode/node.ts';
import type { Issued } from '../../testnode/pki.ts';
import { NANAS_FILE as FILE, giveEmbedded, giveFiles, issued, NANA, NANAS_PAIR } from '../support/nana.ts';
import { quickStandIns } from '../testnode/bundle.ts';
import { evenly } from './matrix.ts';
import { agent } from './try.ts';

const FORMS = ['embedded in the kubeconfig', 'in files beside it'] as const;
/** Of each form; the long run tries all. */
const POINTS = 3;

const CONFIG = `mode = "renew"
[clock]
require_synchronized = false
[[users.certificates]]
kubeconfig = "${FILE}"
user = "nana"
groups = ["developers"]
approve = true
`;

type Ground = { directory: string; node: TestNode; root: Root; ca: Issued };

test("a certagent that is killed finishes the renewal of a user's certificate at its next start", async (t) => {
  const ground = await makeGround(t);
  for (const form of FORMS)
    await t.test(form, async (each) => {
      await reset(ground, form);
      const whole = await agent(ground, 'check', 0);
      assert.equal(whole.code, 0, whole.stderr);
      const days = await daysLeft(ground);
      assert.ok(days > 80, `renewed: ${days} d`);
      const begins = whole.points.findIndex((point) => point.includes('users.json'));
      assert.ok(begins >= 0, 'a renewal writes users.json');
      const numbers = whole.points.map((_, index) => index + 1).slice(begins);
      const tried = process.env.CERTAGENT_LONG === undefined ? evenly(numbers, POINTS) : numbers;
      for (const at of tried) await tryAt(ground, form, at, whole.points[at - 1]!);
      each.diagnostic(`${numbers.length} points; ${tried.length} tried`);
    });
});

async function makeGround(t: TestContext): Promise<Ground> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-crash-'));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  await quickStandIns();
  const path = join(directory, 'node');
  const users = [{ name: 'nana', ...NANA, kubeconfig: 'none' as const }];
  const kind = 'kubeadm-external-etcd';
  const node = await makeNode({ root: path, kind, leafEnds: Date.now() + 300 * DAY, speed: 0.02, users });
  t.after(() => node.remove());
  // Nana must be able to reach her home below it.
  for (const each of [directory, path, join(path, 'home')]) await chmod(each, 0o755);
  await node.start({ longRunning: true });
  await mkdir(join(path, dirname(CONFIG_FILE)), { recursive: true });
  await writeFile(join(path, CONFIG_FILE), CONFIG);
  const of = (ending: string) => readFile(join(path, `etc/kubernetes/pki/ca.${ending}`), 'utf8');
  return { directory, node, root: new Root(path), ca: { certificatePem: await of('crt'), keyPem: await of('key') } };
}

/** Nana's certificate has 10 of 90 days left, so that it is renewed at any hour, and certagent knows nothing. */
async function reset({ root, ca, node }: Ground, form: (typeof FORMS)[number]): Promise<void> {
  await rm(root.at(STATE_DIR), { recursive: true, force: true });
  await rm(root.at(dirname(FILE)), { recursive: true, force: true });
  const credentials = await issued(ca, 10);
  if (form === FORMS[0]) giveEmbedded(root, node, ca, credentials);
  else giveFiles(root, node, ca, credentials);
}

async function tryAt(ground: Ground, form: (typeof FORMS)[number], at: number, point: string): Promise<void> {
  await reset(ground, form);
  const killed = await agent(ground, 'check', at);
  assert.equal(killed.signal, 'SIGKILL', point);
  assert.ok(await isPair(ground), `${point}: what nana has is one certificate with its key`);
  const next = await agent(ground, 'settle', 0);
  assert.equal(next.code, 0, `${point}: ${next.stderr}`);
  assert.equal(next.stdout, '', `${point}: one more check changes nothing`);
  assert.ok(await isPair(ground), `${point}: certificate and key`);
  assert.ok((await daysLeft(ground)) > 80, `${point}: renewed`);
  const memory = await readFile(ground.root.at(`${STATE_DIR}/users.json`), 'utf8');
  assert.doesNotMatch(memory, /PRIVATE KEY/, `${point}: no key stays`);
  if (form === FORMS[0]) return;
  assert.deepEqual(await placesOf(ground), [NANAS_PAIR.certificate, NANAS_PAIR.key], `${point}: the names are hers`);
  const beside = readdirSync(dirname(ground.root.at(FILE))).filter((name) => !name.endsWith(BACKUP_SUFFIX));
  assert.deepEqual(beside.sort(), ['config', 'nana.crt', 'nana.key'], `${point}: nothing is left beside them`);
}

async function isPair(ground: Ground): Promise<boolean> {
  const { root } = ground;
  const [certificate, key] = await placesOf(ground);
  return publicKeyOfPrivate(await readKey(root, key)) === (await readLeaf(root, certificate)).certificate.publicKey;
}

async function daysLeft(ground: Ground): Promise<number> {
  const { certificate } = await readLeaf(ground.root, (await placesOf(ground))[0]);
  return Math.round((certificate.notAfter - Date.now()) / DAY);
}

/** As kubectl finds them: embedded, or in the files that the kubeconfig names at this moment. */
async function placesOf({ root }: Ground): Promise<[certificate: string, key: string]> {
  const user = currentEntries(parseKubeconfig(await readFile(root.at(FILE), 'utf8')))?.user;
  const { certificateFile, keyFile } = user ?? {};
  if (certificateFile == null || keyFile == null) return [FILE, FILE];
  return [resolve(dirname(FILE), certificateFile), resolve(dirname(FILE), keyFile)];
}
