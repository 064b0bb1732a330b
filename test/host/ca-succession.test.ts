// Which CA file may take the place of another: a table over what the new file holds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSuccessor } from '../../src/host/ca-succession.ts';
import { certificateTexts } from '../../src/host/pem.ts';
import { issueAuthority, issueCertificate } from '../../testnode/pki.ts';

const times = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 };
const old = await issueAuthority({ commonName: 'old', ...times });
const namesake = await issueAuthority({ commonName: 'old', ...times });
const root = await issueAuthority({ commonName: 'root', ...times });
const crossed = await issueAuthority({ commonName: 'root', ...times, ca: old, keyPem: root.keyPem });
const next = await issueAuthority({ commonName: 'next', ...times, ca: root });
const direct = await issueAuthority({ commonName: 'direct', ...times, ca: old });
const renewed = await issueAuthority({ commonName: 'old', ...times, keyPem: old.keyPem });
const leaf = await issueCertificate({ ca: old, subject: { commonName: 'leaf' }, usages: ['client'], ...times });
const belowLeaf = await issueAuthority({ commonName: 'below', ...times, ca: { ...leaf } });
const pem = ({ certificatePem }: { certificatePem: string }) => certificateTexts(certificatePem)[0]!;

const TABLE: [what: string, file: string[], accepted: boolean][] = [
  ['the same', [pem(old)], true],
  ['the same with others behind it', [pem(old), pem(namesake)], true],
  ['one that the previous has signed', [pem(direct)], true],
  ["K3s's chain", [pem(next), pem(root), pem(crossed), pem(old)], true],
  ["K3s's chain without the previous one", [pem(next), pem(root), pem(crossed)], true],
  ['a chain without the signature of the previous one', [pem(next), pem(root)], false],
  ['the previous one behind a stranger', [pem(root), pem(old)], false],
  ['the previous one renewed with its key', [pem(renewed)], true],
  ['another of the same name', [pem(namesake)], false],
  ['one that a leaf has signed', [pem(belowLeaf), pem(leaf)], false],
  ['one that cannot be read first', ['garbage', pem(old)], false],
  ['one that cannot be read behind', [pem(old), 'garbage'], true],
  ['nothing', [], false],
];

for (const [what, file, accepted] of TABLE)
  test(`in the place of a CA: ${what}`, () => assert.equal(isSuccessor(file, [pem(old)]), accepted));
