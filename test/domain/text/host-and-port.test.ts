import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostAndPort } from '../../../src/domain/text/host-and-port.ts';

test('an address of IPv6 has brackets before its port', () => {
  assert.deepEqual(
    ['10.0.0.1', 'fd00::1', 'lb.example.org'].map((host) => hostAndPort(host, 6443)),
    ['10.0.0.1:6443', '[fd00::1]:6443', 'lb.example.org:6443'],
  );
});
