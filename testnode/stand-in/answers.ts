// What the Kubernetes API and K3s answer, word for word.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';

const UNAUTHORIZED = `{
  "kind": "Status",
  "apiVersion": "v1",
  "metadata": {
    
  },
  "status": "Failure",
  "message": "Unauthorized",
  "reason": "Unauthorized",
  "code": 401
}`;

export function refuse(response: ServerResponse): void {
  response.writeHead(401, { 'Cache-Control': 'no-cache, private', 'Content-Type': 'application/json' });
  response.end(UNAUTHORIZED);
}

export function answer(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8` });
  response.end(text);
}

/** The user a request's client certificate names; undefined without one that the CA signed and that is valid now. */
export function clientOf(request: IncomingMessage): string | undefined {
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerX509Certificate();
  // An open connection outlives its client's certificate: the API server checks each request.
  if (certificate === undefined || certificate.validToDate.getTime() < Date.now()) return undefined;
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1];
}
