// The stand-in API server behaves as a real one does in all that certagent's client relies on.
import { test } from 'node:test';
import { makeObjects } from '../../testnode/api/objects.ts';
import { openApiServer } from '../../testnode/api/server.ts';
import { CHECKS, type Subject } from './contract.ts';
import { directoryFor } from './support.ts';

test('the contract of the API', async (t) => {
  const objects = makeObjects();
  const tokens: Record<string, string> = {};
  const peer = await openApiServer({ objects, tokens });
  const { ca, admin } = peer;
  let own = await openApiServer({ objects, ca, tokens });
  const port = Number(new URL(own.url).port);
  t.after(() => Promise.all([own.close(), peer.close()]));
  const subject: Subject = {
    ...{ directory: await directoryFor(t), urls: [own.url, peer.url], ca, admin },
    delete: async (path) => objects.delete(path),
    async token(namespace, name) {
      tokens[`token-of-${name}`] = `system:serviceaccount:${namespace}:${name}`;
      return `token-of-${name}`;
    },
    stop: () => own.close(),
    async start() {
      own = await openApiServer({ objects, ca, tokens, port });
    },
  };
  for (const [name, check] of CHECKS) await t.test(name, () => check(subject));
});
