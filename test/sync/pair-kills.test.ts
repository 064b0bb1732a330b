// A user's certificate and key in two files beside the kubeconfig: whatever a process that is killed leaves, the kubeconfig works.
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { posix } from 'node:path';
import { after, before, test } from 'node:test';
import { currentEntries, parseKubeconfig } from '../../src/host/kubeconfig.ts';
import { Root } from '../../src/host/root.ts';
import { parseCertificate, publicKeyOfPrivate } from '../../src/host/x509.ts';
import { BACKUP_SUFFIX } from '../../src/sync/leftover-files.ts';
import { type CopyHelper, startHelper } from '../../src/sync/spawn.ts';
import { openUserFile, type UserFile } from '../../src/sync/users/user-file.ts';
import { type UserPlace, userPlace } from '../../src/sync/users/user-place.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { ADMIN, COPY, makeNode, makePki, type SyncNode } from './fixture.ts';
import { identity, type Meddled, meddled } from './meddled.ts';

const USER = ADMIN.commonName;
const [CERTIFICATE, KEY] = ['/home/alice/.kube/alice.crt', '/home/alice/.kube/alice.key'];
/** Every point is tried by `npm run test:long`. */
const STEP = process.env.CERTAGENT_LONG === '1' ? 1 : 4;

let node: SyncNode;
let place: UserPlace;
let helpers: Meddled;
let steady: CopyHelper;
before(async () => {
  node = makeNode(await makePki());
  place = await userPlace(new Root(node.dir), COPY, 'alice');
  helpers = meddled(node);
  steady = startHelper({ prefix: node.dir, identity, clientCas: [] });
});
after(() => {
  steady.end();
  helpers.remove();
  node.remove();
});

const open = (helper: CopyHelper): UserFile => openUserFile(node.dir, place, USER, [], helper);

/** `quote`: how the kubeconfig writes the names of its files. */
function give(quote = ''): string {
  const { ca, old } = node.pki;
  rmSync(node.at('/home/alice/.kube'), { recursive: true, force: true });
  node.write(CERTIFICATE, old.certificatePem, { mode: 0o644 });
  node.write(KEY, old.keyPem);
  const credentials = { certificateFile: `${quote}alice.crt${quote}`, keyFile: `${quote}${KEY}${quote}` };
  const text = kubeconfigText({
    ...{ server: 'https://10.0.0.1:6443', ca: { pem: ca.certificatePem }, cluster: 'kubernetes', user: USER },
    credentials,
  });
  node.write(COPY, text);
  return text;
}

/** Which certificate kubectl would use now; throws where it could not. */
function inUse(): string {
  const user = currentEntries(parseKubeconfig(node.read(COPY)))!.user;
  const [certificate, key] = [user.certificateFile, user.keyFile].map((file) =>
    node.read(posix.resolve(posix.dirname(COPY), file!)),
  );
  const { publicKey, fingerprint } = parseCertificate(certificate!);
  assert.equal(publicKeyOfPrivate(key!), publicKey, 'the key is that of the certificate');
  return fingerprint;
}

const named = () =>
  readdirSync(node.at('/home/alice/.kube'))
    .filter((name) => !name.endsWith(BACKUP_SUFFIX))
    .sort();
const pairOf = ({ certificatePem, keyPem }: SyncNode['pki']['old']) => ({ certificate: certificatePem, key: keyPem });

test('killed at every change of the disk while the two files are replaced, what the kubeconfig names is a pair', async (t) => {
  const [old, renewed] = [node.pki.old, node.pki.renewed].map((each) => parseCertificate(each.certificatePem));
  let points = 0;
  for (let moment = 1; ; moment += STEP) {
    const text = give();
    helpers.order({ kind: 'kill', at: moment });
    const file = open(helpers.start());
    await file.read();
    const ended = await file.replace(pairOf(node.pki.renewed)).catch((error: Error) => error);
    file.end();
    const killed = helpers.hit();
    assert.equal(ended instanceof Error, killed, `point ${moment}: ${ended}`);
    assert.ok([old!.fingerprint, renewed!.fingerprint].includes(inUse()), `point ${moment}`);
    // The next start, as `userStep` goes on.
    const next = open(steady);
    const reading = await next.read();
    assert.ok(reading.state === 'read' && reading.found?.isProven === true, `point ${moment}`);
    const { certificate, isHalfway } = reading.found!;
    if (certificate.publicKey !== renewed!.publicKey || isHalfway) await next.replace(pairOf(node.pki.renewed));
    assert.equal(inUse(), renewed!.fingerprint, `point ${moment}`);
    assert.equal(node.read(COPY), text, `point ${moment}: the kubeconfig is as it was`);
    const after = await next.read();
    assert.equal(after.state === 'read' && after.found?.isHalfway, false, `point ${moment}`);
    assert.deepEqual(named(), ['alice.crt', 'alice.key', 'config'], `point ${moment}`);
    if (!killed) break;
    points += 1;
  }
  assert.ok(points * STEP > 40, `${points} points`);
  t.diagnostic(`killed at ${points} points`);
});

test('a quoted name stays quoted, and a name that cannot be written back is replaced without the detour', async () => {
  for (const quote of ["'", '"', '\u0000']) {
    const text = quote === '\u0000' ? giveStrange() : give(quote);
    const file = open(steady);
    await file.read();
    await file.replace(pairOf(node.pki.renewed));
    assert.equal(node.read(COPY), text);
    const { certificateFile } = currentEntries(parseKubeconfig(text))!.user;
    const certificate = node.read(posix.resolve(posix.dirname(COPY), certificateFile!));
    assert.equal(certificate, node.pki.renewed.certificatePem);
    assert.ok(named().every((name) => !name.includes('certagent-pair')));
  }
});

/** A name with a blank. */
function giveStrange(): string {
  const text = give().replace('alice.crt', '"alice s.crt"');
  node.write('/home/alice/.kube/alice s.crt', node.pki.old.certificatePem);
  node.write(COPY, text);
  return text;
}
