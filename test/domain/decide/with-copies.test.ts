import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCopies } from '../../../src/domain/decide/with-copies.ts';
import type { ObservedCertificate } from '../../../src/domain/model/inventory.ts';
import type { CopyOutcome } from '../../../src/domain/model/journal.ts';
import { leaf, node } from '../alerts/alert-node.ts';

const PATH = '/home/alice/.kube/config';
const of = (id: string, owner: ObservedCertificate['owner'], caNotAfter: number | null): ObservedCertificate => ({
  ...leaf({ id, days: 20, owner, place: { kind: 'kubeconfig', path: PATH, entry: 'user', name: 'a', index: 0 } })
    .observed,
  issuance: { ca: null, state: 'signed', caNotAfter },
});
const outcome = (certificates: ObservedCertificate[]): CopyOutcome => ({
  path: PATH,
  user: 'alice',
  result: 'current',
  detail: '',
  certificates,
});

test('copies are added to what was observed, and reported once', () => {
  const { inventory } = node();
  const ca = inventory.certificates.find(({ id }) => id === 'ca')!;
  const copy = of(PATH, 'copy', ca.certificate.notAfter);
  copy.certificate = { ...copy.certificate, issuer: ca.certificate.subject };
  const watched = { ...inventory, certificates: [...inventory.certificates, of(PATH, 'operator', null)] };
  const finding = { id: null, owner: 'operator', reason: 'permission', detail: '' } as const;
  watched.findings = [
    { ...finding, path: PATH },
    { ...finding, path: '/srv/x' },
  ];
  const merged = withCopies(watched, [outcome([copy, of('other', 'copy', 1)])]);
  assert.deepEqual(
    merged.certificates.map(({ id, owner, issuance }) => [id, owner, issuance.ca]),
    [
      ...inventory.certificates.map(({ id, owner, issuance }) => [id, owner, issuance.ca]),
      [PATH, 'copy', 'ca'],
      ['other', 'copy', null],
    ],
  );
  assert.deepEqual(
    merged.findings.map(({ path }) => path),
    ['/srv/x'],
  );
  assert.equal(watched.findings.length, 2, 'what was observed stays as it is');
});

test('a copy for a service that is watched as well stays among the certificates', () => {
  const { inventory } = node();
  const watched = { ...inventory, certificates: [...inventory.certificates, of(PATH, 'operator', null)] };
  const service = { reload: null, served: null };
  assert.deepEqual(withCopies(watched, [{ ...outcome([]), service }]).certificates, watched.certificates);
});
