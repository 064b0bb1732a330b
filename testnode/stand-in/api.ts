// The objects of the Kubernetes API: a node on its own keeps them in the process of its kube-apiserver, with a Node for itself;
// the servers of a cluster share them, as they share etcd (testnode/cluster.ts).
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ApiObject, failure, makeObjects, type Objects } from '../api/objects.ts';
import { type ApiHandler, apiHandler, NO_API_FAULTS } from '../api/serve.ts';
import { signApproved } from '../api/signing.ts';
import type { NodeRecord } from '../options.ts';
import type { Issued } from '../pki.ts';

/** A CA with its key, by the path of its certificate; null: one of the two is not there. */
export function authorityAt(certificate: string): Issued | null {
  try {
    const [certificatePem, keyPem] = [certificate, certificate.replace(/\.crt$/, '.key')].map((path) =>
      readFileSync(path, 'utf8'),
    );
    return { certificatePem: certificatePem!, keyPem: keyPem! };
  } catch {
    return null;
  }
}

/** `authority`: the CA that the controller manager signs with; null: its key is not here. */
export function makeApi(node: NodeRecord, authority: () => Issued | null): ApiHandler {
  const { cluster } = node;
  if (cluster !== null) return (request, response, user) => pass(cluster.store, request, response, user);
  const objects = makeObjects();
  signApproved(objects, authority);
  putCluster(objects, [nodeObject(node.nodeName, '127.0.0.1')]);
  return apiHandler(objects, () => NO_API_FAULTS);
}

/** What a cluster has from the start. kubeadm looks for its configuration there. */
export function putCluster(objects: Objects, nodes: ApiObject[]): void {
  for (const node of nodes) objects.put('/api/v1/nodes', node);
  const metadata = { name: 'kubeadm-config', namespace: 'kube-system' };
  objects.put('/api/v1/namespaces/kube-system/configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata });
}

/** A control-plane node, as its kubelet and kubeadm make it. */
export function nodeObject(name: string, address: string) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'node-role.kubernetes.io/control-plane': '' } },
    status: { addresses: [{ type: 'InternalIP', address }] },
  };
}

async function pass(store: string, request: IncomingMessage, response: ServerResponse, user: string | undefined) {
  const headers = { ...request.headers, ...(user === undefined ? {} : { 'x-user': user }) };
  const passed = httpRequest(`${store}${request.url}`, { method: request.method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => {
    const { status, body } = failure(500, 'InternalError', 'etcdserver: request timed out');
    if (!response.headersSent) response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  request.pipe(passed);
}
