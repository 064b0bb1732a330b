// Stand-in for kube-controller-manager and kube-scheduler: /healthz on a port of their own with a certificate that no
// file of the node holds. The client certificate of the kubeconfig is read at start only; once it has expired the lease
// is lost and the process exits. Simplified: it never calls the API server, so an outage of that does not stop it.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { readNodeRecord } from '../options.ts';
import { answer, refuse } from './answers.ts';
import { log, stay } from './process.ts';
import { endIfFaulty, endOnTerm, parseFlags } from './serving.ts';

/** From the first Unauthorized to the exit of the process. */
const LEASE_LOST = 11_000;

export async function controller(name: string, root: string, words: string[]): Promise<void> {
  const flags = parseFlags(words);
  const { speed } = readNodeRecord(root);
  const certificate = clientCertificate(root, readFileSync(kubeconfigOf(root, flags), 'utf8'));
  endIfFaulty(root, name, certificate);
  stay(root, name);
  const files = {
    cert: readFileSync(join(root, 'run/demo/self-signed.crt')),
    key: readFileSync(join(root, 'run/demo/self-signed.key')),
  };
  const server = createServer(files, (request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    return path === '/healthz' || path === '/livez' ? answer(response, 200, 'ok') : refuse(response);
  });
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.listen(Number(flags.get('secure-port')), flags.get('bind-address') ?? '127.0.0.1');
  endOnTerm(200 * speed, [server]);
  const ends = new X509Certificate(certificate).validToDate.getTime();
  let expiredSince = 0;
  setInterval(() => {
    if (Date.now() < ends) return;
    if (expiredSince === 0) log(root, name, 'error retrieving resource lock: Unauthorized');
    expiredSince ||= Date.now();
    if (Date.now() - expiredSince >= LEASE_LOST * speed) {
      log(root, name, 'leaderelection lost');
      process.exit(1);
    }
  }, 50);
}

/** Its flag, or that of its configuration file. */
function kubeconfigOf(root: string, flags: Map<string, string>): string {
  const config = flags.get('config');
  if (config === undefined) return flags.get('kubeconfig')!;
  return join(root, /kubeconfig: "(.*)"/.exec(readFileSync(config, 'utf8'))![1]!);
}

function clientCertificate(root: string, kubeconfig: string): string {
  const file = /client-certificate:\s*(\S+)/.exec(kubeconfig)?.[1];
  if (file !== undefined) return readFileSync(join(root, file), 'utf8');
  const data = /client-certificate-data:\s*(\S+)/.exec(kubeconfig)?.[1];
  if (data === undefined) throw new Error('the kubeconfig holds no client certificate');
  return Buffer.from(data, 'base64').toString();
}
