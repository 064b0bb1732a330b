import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameHolder } from '../../../src/domain/distributions/same-holder.ts';

const holder = (commonName: string, ...organizations: string[]) => ({
  subject: [organizations.map((each) => `O=${each}`).join(' + '), `CN=${commonName}`]
    .filter((part) => part !== '')
    .join(', '),
  organizations,
});
const [masters, admins] = ['system:masters', 'kubeadm:cluster-admins'];

const table: [what: string, old: ReturnType<typeof holder>, renewed: ReturnType<typeof holder>, same: boolean][] = [
  ['the same', holder('a', masters), holder('a', masters), true],
  ['the privileged group is gone', holder('a', masters), holder('a'), true],
  ["kubeadm's group is gone", holder('a', admins), holder('a'), true],
  ["kubeadm's administrators instead", holder('a', masters), holder('a', admins), true],
  ['one group of two is gone', holder('a', masters, 'x'), holder('a', 'x'), true],
  ['another name', holder('a', masters), holder('b'), false],
  ['another group is gone', holder('a', 'system:nodes'), holder('a'), false],
  ['a privileged group appears', holder('a'), holder('a', masters), false],
  ["kubeadm's group appears", holder('a'), holder('a', admins), false],
  ['another group appears', holder('a', masters), holder('a', 'x'), false],
];
for (const [what, old, renewed, same] of table)
  test(`the subject of a renewed certificate: ${what}`, () => assert.equal(isSameHolder(old, renewed), same));

test('the subject of a renewed certificate, in a journal without groups, is the same or another', () => {
  const { subject } = holder('a', masters);
  assert.equal(isSameHolder({ subject }, holder('a', masters)), true);
  assert.equal(isSameHolder({ subject }, holder('a')), false);
});
