// What K3s's supervisor signs for agents (pkg/server/handlers): the subject is the server's own choice, only the key is the request's.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { k3sAgentLeaves } from '../k3s-certificates.ts';
import type { NodeRecord } from '../options.ts';
import { readFaults } from '../options.ts';
import { issueCertificate } from '../pki.ts';
import { answer } from './answers.ts';
import { grantedValidity } from './k3s-leaves.ts';

const PATH = /^\/v1-k3s\/([a-z0-9-]+)\.crt$/;

export const isForAgent = (path: string): boolean => PATH.test(path);

/** `cas`: the directory of client-ca and server-ca, with their keys; `password`: the file with the node's. */
export async function signForAgent(
  root: string,
  node: NodeRecord,
  { path, cas, password }: { path: string; cas: string; password: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const leaf = k3sAgentLeaves(node).find((one) => one.path === `agent/${PATH.exec(path)?.[1]}`);
  const body: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) body.push(chunk);
  const socket = request.socket as TLSSocket;
  const subject = socket.authorized ? (socket.getPeerX509Certificate()?.subject ?? '') : '';
  if (readFaults(root).supervisorRefuses) return answer(response, 503, 'runtime core not ready\n');
  if (!/^O=system:nodes$/m.test(subject)) return answer(response, 401, 'not authorized\n');
  const name = String(request.headers['k3s-node-name'] ?? '');
  if (!new RegExp(`^CN=system:node:${name}$`, 'm').test(subject))
    return answer(response, 400, 'header node name does not match auth node name\n');
  if (request.headers['k3s-node-password'] !== readFileSync(password, 'utf8').trim())
    return answer(response, 403, `unable to verify password for node ${name}: hash does not match\n`);
  if (leaf === undefined) return answer(response, 404, '404 page not found\n');
  const file = join(cas, leaf.ca.slice(leaf.ca.lastIndexOf('/') + 1));
  const ca = { certificatePem: readFileSync(`${file}.crt`, 'utf8'), keyPem: readFileSync(`${file}.key`, 'utf8') };
  const addresses = String(request.headers['k3s-node-ip'] ?? '')
    .split(',')
    .filter(Boolean);
  try {
    const { certificatePem } = await issueCertificate({
      ca,
      subject: leaf.subject,
      sans: leaf.sans === undefined ? [] : [...leaf.sans, '::1', ...addresses],
      usages: leaf.usages,
      ...grantedValidity(node, ca),
      csr: Buffer.concat(body),
    });
    answer(response, 200, `${certificatePem}${ca.certificatePem}`);
  } catch (error) {
    // The real one signs for a key of its own then, and sends that key along.
    answer(response, 500, `${(error as Error).message}\n`);
  }
}
