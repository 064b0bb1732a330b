import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { additions, judgeAnswers } from '../../../src/domain/external/judge-answers.ts';
import type { Certificate } from '../../../src/domain/model/certificate.ts';
import type { AnswerCertificate } from '../../../src/domain/model/signing-request.ts';
import { DAY, MINUTE } from '../../../src/domain/time/duration.ts';
import { NOW } from '../../support/inventory.ts';
import { answerTo, CA, nodeWith, requestFor } from './external-parts.ts';

const NAMES = { sans: ['DNS:kubernetes', 'IP:10.96.0.1'], usages: ['serverAuth'] };
const apiserver = requestFor('apiserver', NAMES);
const admin = requestFor('admin.conf', {
  subject: 'O=system:masters, CN=kubernetes-admin',
  commonName: 'kubernetes-admin',
  organizations: ['system:masters'],
  usages: ['clientAuth'],
});
const inventory = nodeWith(admin, apiserver);
const judge = (...answers: AnswerCertificate[]) => judgeAnswers(answers, { inventory, now: NOW });

function through(change: { notBefore?: number; notAfter?: number } = {}): AnswerCertificate['chain'][number] {
  const certificate = { subject: 'CN=issuing', notBefore: NOW - DAY, notAfter: NOW + 1_000 * DAY, ...change };
  return { certificate, pem: 'pem of issuing' };
}

const WRONG: [what: string, answer: AnswerCertificate, why: RegExp][] = [
  [
    'another CA',
    { ...answerTo(apiserver, { issuer: 'CN=other' }), signers: [] },
    /signed by "CN=other", and not by the CA in \/etc/,
  ],
  [
    'another CA of the node',
    { ...answerTo(apiserver), signers: ['/etc/kubernetes/pki/etcd/ca.crt'] },
    /not by the CA in/,
  ],
  [
    'a key of nobody',
    answerTo(apiserver, { publicKey: 'other', subject: 'CN=x' }),
    /the key .* "CN=x" is that of no waiting request$/,
  ],
  [
    'the key of an earlier request',
    answerTo(apiserver, { publicKey: 'other' }),
    /request for apiserver, and another key/,
  ],
  [
    'another subject',
    answerTo(admin, { subject: 'CN=kubernetes-admin', organizations: [] }),
    /has the subject "CN=kubernetes-admin", the request has/,
  ],
  [
    'the subject of another request',
    answerTo(apiserver, { subject: admin.subject, commonName: 'kubernetes-admin' }),
    /has the subject/,
  ],
  ['a missing name', answerTo(apiserver, { sans: ['DNS:kubernetes'] }), /lacks IP:10\.96\.0\.1$/],
  ['a missing usage', answerTo(apiserver, { usages: [] }), /lacks the extended key usage serverAuth$/],
  ['a CA', answerTo(apiserver, { isCa: true }), /is a CA certificate$/],
  ['one that has expired', answerTo(apiserver, { notAfter: NOW }), /expired on/],
  ['one that is not valid yet', answerTo(apiserver, { notBefore: NOW + 6 * MINUTE }), /is not valid before/],
  ['one that expires with the present one', answerTo(apiserver, { notAfter: NOW + 20 * DAY }), /it must expire later$/],
  ['one that outlives its CA', answerTo(apiserver, { notAfter: NOW + 3_001 * DAY }), /after its CA on/],
  [
    'one that Go programs refuse',
    { ...answerTo(apiserver), flaw: 'is signed with SHA-1' },
    /^the certificate for apiserver is signed with SHA-1$/,
  ],
  [
    'one that outlives an intermediate CA',
    { ...answerTo(apiserver), chain: [through({ notAfter: NOW + 300 * DAY })] },
    /expires on \S+, after its CA on \S+ \("CN=issuing"\)$/,
  ],
  [
    'one through a CA that is not valid yet',
    { ...answerTo(apiserver), chain: [through({ notBefore: NOW + DAY })] },
    /^the CA of the certificate for apiserver \("CN=issuing"\) is not valid before/,
  ],
];

for (const [what, answer, why] of WRONG)
  test(`an answer that is wrong: ${what}`, () => {
    const { accepted, refused } = judge(answer, answerTo(admin, {}, 'b.pem'));
    assert.deepEqual(
      accepted.map(({ request }) => request.id),
      answer.certificate.publicKey === admin.publicKey ? [] : ['admin.conf'],
    );
    assert.equal(refused[0]?.file, 'a.pem');
    assert.match(refused[0]?.why ?? '', why);
  });

test('answers are found by their keys, with their chain, twice, and not all at once', () => {
  const chain = answerTo(apiserver, { isCa: true, publicKey: 'of the CA' }, 'bundle.pem');
  const { accepted, refused, waiting } = judge(answerTo(apiserver, {}, 'x'), chain, answerTo(apiserver, {}, 'y'));
  assert.deepEqual(
    accepted.map(({ observed, answer }) => [observed.id, answer.file]),
    [['apiserver', 'x']],
  );
  assert.deepEqual([refused, waiting.map(({ id }) => id)], [[], ['admin.conf']]);
});

test('two different answers to one request: a person has to choose', () => {
  const { refused } = judge(answerTo(apiserver), answerTo(apiserver, { fingerprint: 'other' }, 'b.pem'));
  assert.match(refused[0]?.why ?? '', /so does another certificate in a\.pem/);
});

test('parts of a subject may be in another order, and a clock a little ahead', () => {
  const { accepted } = judge(
    answerTo(admin, { subject: 'CN=kubernetes-admin, O=system:masters', notBefore: NOW + 4 * MINUTE }),
  );
  assert.equal(accepted.length, 1);
});

test('what the CA has added is named', () => {
  const { accepted } = judge(
    answerTo(apiserver, { sans: [...apiserver.sans, 'DNS:x'], usages: ['clientAuth', 'serverAuth'] }),
  );
  assert.deepEqual(additions(accepted[0]!), [
    'the certificate for apiserver also has DNS:x, which was not requested',
    'the certificate for apiserver also has clientAuth, which was not requested',
  ]);
});

test('a request for what is not signed elsewhere any more, and a node without the CA', () => {
  const kubeadm = {
    ...inventory,
    certificates: inventory.certificates.map((one) => ({ ...one, owner: 'kubeadm' as const })),
  };
  const without = { ...inventory, certificates: inventory.certificates.filter(({ place }) => place.path !== CA) };
  const why = (node: typeof inventory) =>
    judgeAnswers([answerTo(apiserver)], { inventory: node, now: NOW }).refused[0]?.why;
  assert.match(why(kubeadm) ?? '', /not a certificate of a CA elsewhere any more/);
  assert.match(why(without) ?? '', /is not on this node/);
  assert.deepEqual(judgeAnswers([], { inventory: { node: inventory.node, certificates: [] }, now: NOW }).waiting, []);
});

test('whatever is answered, what is accepted fits its request', () => {
  const change = fc.record(
    {
      publicKey: fc.constantFrom(apiserver.publicKey, admin.publicKey, 'other'),
      subject: fc.constantFrom(apiserver.subject, admin.subject),
      sans: fc.subarray(['DNS:kubernetes', 'IP:10.96.0.1', 'DNS:x']),
      usages: fc.subarray(['clientAuth', 'serverAuth']),
      notAfter: fc.integer({ min: NOW - DAY, max: NOW + 4_000 * DAY }),
      isCa: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      for (const { request, answer } of judge(...changes.map((each) => answerTo(apiserver, each))).accepted) {
        const { certificate } = answer;
        assert.equal(certificate.publicKey, request.publicKey);
        assert.equal(certificate.subject, request.subject);
        assert.ok(request.sans.every((san) => certificate.sans.includes(san)));
        assert.ok(certificate.notAfter > NOW + 20 * DAY && certificate.notAfter <= NOW + 3_000 * DAY);
      }
    }),
  );
});

test('an answer through an intermediate CA is accepted', () => {
  const { accepted, refused } = judge({ ...answerTo(apiserver), chain: [through()] });
  assert.deepEqual([accepted.length, refused], [1, []]);
});

test('the answer to a request from before the certificate was replaced: it would take something away', () => {
  const since = (change: Partial<Certificate>) => {
    const certificates = inventory.certificates.map((one) =>
      one.id === 'apiserver' ? { ...one, certificate: { ...one.certificate, ...change } } : one,
    );
    return judgeAnswers([answerTo(apiserver)], { inventory: { ...inventory, certificates }, now: NOW }).refused[0]?.why;
  };
  assert.equal(since({}), undefined);
  assert.match(
    since({ sans: [...apiserver.sans, 'DNS:lb'], usages: ['clientAuth', 'serverAuth'] }) ?? '',
    /answers a request that lacks DNS:lb, which the present certificate has: .* certagent csr --new apiserver$/,
  );
  assert.match(
    since({ subject: 'CN=other' }) ?? '',
    /is for "CN=[^"]+", while the present certificate is for "CN=other"/,
  );
});
