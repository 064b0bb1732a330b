import type { SigningRequest } from '../../../src/domain/model/signing-request.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { leaf, NOW } from './alert-node.ts';
import { type Case, escalate, testStanding } from './alert-parts.ts';

const external = (id: string, days: number) =>
  leaf({
    id,
    days,
    owner: 'external-ca',
    verdict: days > 90 ? { kind: 'keep', until: null } : escalate('EXTERNAL_CA'),
  });
const request = (id: string): SigningRequest => ({
  ...{ id, createdAt: NOW - DAY, publicKey: id, subject: `CN=${id}`, commonName: id },
  ...{ organizations: [], sans: [], usages: [], keyType: 'EC P-256' },
});
const waits = (...leaves: ReturnType<typeof leaf>[]) => ({
  leaves,
  inventory: { requests: leaves.map(({ observed }) => request(observed.id)) },
});

const CASES: Case[] = [
  [
    'a request that waits while nothing is due',
    waits(external('a', 300)),
    [['REQUEST_WAITING', 'info', 'node', ['a']]],
  ],
  ['a request for what is due', waits(external('a', 60)), [['REQUEST_WAITING', 'warning', 'node', ['a']]]],
  [
    'requests for what is urgent, and for what is not',
    waits(external('a', 60), external('b', 20)),
    [['REQUEST_WAITING', 'critical', 'node', ['a', 'b']]],
  ],
  [
    'a request for what has expired',
    waits(external('a', -1)),
    [
      ['CERTIFICATE_EXPIRED', 'critical', 'node', ['a']],
      ['REQUEST_WAITING', 'critical', 'node', ['a']],
    ],
  ],
  [
    'one that is requested, and one that is not',
    { ...waits(external('a', 60)), leaves: [external('a', 60), external('b', 60)] },
    [
      ['RENEWAL_NOT_OURS', 'warning', 'EXTERNAL_CA', ['b']],
      ['REQUEST_WAITING', 'warning', 'node', ['a']],
    ],
  ],
  ['a request for what a CA elsewhere does not sign any more', waits(leaf({ id: 'a', days: 300 })), []],
];

testStanding(CASES);
