import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { releasePorts, reservePorts } from '../../testnode/ports.ts';

test('reserved ports are distinct, free to listen on, and can be given back', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `port${index}`);
  const ports = await reservePorts(names);
  assert.equal(new Set(Object.values(ports)).size, 40);
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(ports.port0, '127.0.0.1', resolve);
  });
  server.close();
  releasePorts(ports);
});
