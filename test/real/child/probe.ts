// Asks an API server every 100 ms, as a client that verifies it, and prints each answer.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';

const INTERVAL = 100;
const LIMIT = 2_000;

const [host, path, ca, cert, key] = process.argv.slice(2);
const client = { ca: readFileSync(ca!), cert: readFileSync(cert!), key: readFileSync(key!) };

for (;;) {
  const at = Date.now();
  const said = await ask();
  console.log(JSON.stringify({ at: Date.now(), said }));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, INTERVAL - (Date.now() - at))));
}

/** "200" when the server answers as it should, another status, or why there was no answer. */
function ask(): Promise<string> {
  return new Promise((resolve) => {
    const options = { host, port: 6443, path, agent: false, timeout: LIMIT, ...client };
    const asked = request(options, (response) => {
      response.resume();
      response.on('error', () => {});
      response.on('close', () => resolve(response.complete ? String(response.statusCode) : 'half an answer'));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end();
  });
}
