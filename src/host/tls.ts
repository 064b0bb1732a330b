import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { CertagentError, errorCode } from '../domain/model/errors.ts';

export type ClientCredentials = { certificate: string; key: string };

/**
 * The leaf certificate (DER) a server presents. No trust is decided here: what is served is compared with a file, so an
 * expired or foreign certificate must be seen, not refused. Throws CertagentError TLS_UNREACHABLE when the connection or
 * handshake does not come about within `limit` milliseconds. `serverName`: what to ask for; default: the host.
 */
export function servedCertificate(
  host: string,
  port: number,
  options: { limit: number; client?: ClientCredentials; serverName?: string },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ...serverName(options.serverName ?? host),
      ...(options.client === undefined ? {} : { cert: options.client.certificate, key: options.client.key }),
    });
    const timer = setTimeout(() => fail(new Error(`no answer within ${options.limit} ms`)), options.limit);
    socket.once('close', () => clearTimeout(timer));
    const fail = (cause: Error) => {
      socket.destroy();
      const reason = errorCode(cause) === 'UNKNOWN' ? cause.message : errorCode(cause);
      reject(new CertagentError('TLS_UNREACHABLE', `${host}:${port} does not answer over TLS (${reason})`, { cause }));
    };
    socket.on('error', fail);
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      // Not destroyed: in TLS 1.3 our part of the handshake is still on its way, and a server that does not get it logs us as
      // a failed client (etcd: "rejected connection", kube-apiserver: "TLS handshake error"). The timer ends who stays.
      socket.resume().end();
      if (raw === undefined) reject(new CertagentError('TLS_UNREACHABLE', `${host}:${port} presented no certificate`));
      else resolve(raw);
    });
  });
}

/** An address is no server name (RFC 6066, 3). */
function serverName(name: string): { servername?: string } {
  return isIP(name) === 0 ? { servername: name } : {};
}
