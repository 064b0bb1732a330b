import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { covers, firstOf, hostOf, isLoopback, isUnspecified, sanOf, shownSan } from '../../../src/domain/names/san.ts';

test('a host name or an address as the SAN of a certificate', () => {
  const cases: [string, string | null][] = [
    ['api.example.org', 'DNS:api.example.org'],
    ['API.Example.ORG.', 'DNS:api.example.org'],
    ['*.example.org', 'DNS:*.example.org'],
    ['node-1', 'DNS:node-1'],
    ['1.example', 'DNS:1.example'],
    ['10.0.0.1', 'IP:10.0.0.1'],
    ['fd00::1', 'IP:FD00:0:0:0:0:0:0:1'],
    ['FD00:0:0:0:0:0:0:1', 'IP:FD00:0:0:0:0:0:0:1'],
    ['::', 'IP:0:0:0:0:0:0:0:0'],
    ['::1', 'IP:0:0:0:0:0:0:0:1'],
    ['1:2:3:4:5:6:7::', 'IP:1:2:3:4:5:6:7:0'],
    ['10.0.0.300', null],
    ['10.0.0', null],
    ['1:2:3:4:5:6:7:8:9', null],
    ['1:2:3:4:5:6:7:8::', null],
    ['1:2', null],
    ['::1::2', null],
    [':::', null],
    ['1:2:3:4:5:6:7:12345', null],
    ['1:2:3:4:5:6:7:', null],
    ['bad name', null],
    ['a..b', null],
    ['-a', null],
    ['', null],
    ['a'.repeat(254), null],
    ['$(reboot)', null],
  ];
  for (const [host, san] of cases) assert.equal(sanOf(host), san, host);
});

test('the host of an endpoint', () => {
  const cases: [string, string][] = [
    ['lb.example.org:6443', 'lb.example.org'],
    ['lb.example.org', 'lb.example.org'],
    ['10.0.0.1:6443', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['[fd00::1]:6443', 'fd00::1'],
    ['[fd00::1]', 'fd00::1'],
    ['fd00::1', 'fd00::1'],
  ];
  for (const [endpoint, host] of cases) assert.equal(hostOf(endpoint), host, endpoint);
});

test('the first address of a range of services is that of the API server', () => {
  const cases: [string, string | null][] = [
    ['10.96.0.0/12', '10.96.0.1'],
    ['10.99.7.5/12', '10.96.0.1'],
    ['192.168.128.0/17', '192.168.128.1'],
    ['fd00:1::/108', 'FD00:1:0:0:0:0:0:1'],
    ['fd00:1::abcd/112', 'FD00:1:0:0:0:0:0:1'],
    ['10.96.0.0', null],
    ['10.96.0.0/33', null],
    ['fd00::/129', null],
    ['x/8', null],
    ['', null],
  ];
  for (const [range, first] of cases) assert.equal(firstOf(range), first, range);
});

test('what a certificate covers: the same name in any writing, and a wildcard for one label', () => {
  const sans = ['DNS:Api.example.org', 'DNS:*.wild.example', 'IP:FD00:0:0:0:0:0:0:1', 'IP:10.0.0.1', 'URI:spiffe://x'];
  for (const covered of [
    'DNS:api.example.org',
    'DNS:one.wild.example',
    'IP:fd00::1',
    'IP:10.0.0.1',
    'DNS:*.wild.example',
  ])
    assert.ok(covers(sans, covered), covered);
  for (const lacking of [
    'DNS:example.org',
    'DNS:a.b.wild.example',
    'DNS:wild.example',
    'IP:10.0.0.2',
    'DNS:x',
    'DNS:not a name',
  ])
    assert.ok(!covers(sans, lacking), lacking);
});

test('an address as people write it', () => {
  const cases: [string, string][] = [
    ['IP:FD00:0:0:0:0:0:0:1', 'IP:fd00::1'],
    ['IP:0:0:0:0:0:0:0:1', 'IP:::1'],
    ['IP:FD00:0:0:0:0:0:0:0', 'IP:fd00::'],
    ['IP:1:0:0:2:0:0:0:3', 'IP:1:0:0:2::3'],
    ['IP:1:2:3:4:5:6:7:8', 'IP:1:2:3:4:5:6:7:8'],
    ['IP:10:0:0:2:5:6:7:8', 'IP:10::2:5:6:7:8'],
    ['IP:10.0.0.1', 'IP:10.0.0.1'],
    ['IP:what', 'IP:what'],
    ['DNS:a', 'DNS:a'],
    ['DNS:not a name', 'DNS:not a name'],
  ];
  for (const [san, shown] of cases) assert.equal(shownSan(san), shown, san);
});

test('addresses that every machine has, and no address at all', () => {
  const of = (is: (san: string) => boolean) =>
    ['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::', '10.0.0.1'].filter((host) => is(sanOf(host)!));
  assert.deepEqual(
    [of(isLoopback), of(isUnspecified)],
    [
      ['127.0.0.1', '::1', 'localhost'],
      ['0.0.0.0', '::'],
    ],
  );
});

test('any IPv6 address, however it is shown, is the same address', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 0x10, 0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
      const san = sanOf(groups.map((group) => group.toString(16)).join(':'))!;
      assert.equal(sanOf(shownSan(san).slice(3)), san);
      assert.ok(covers([shownSan(san)], san));
    }),
  );
});
