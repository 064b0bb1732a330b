// What the API server counts of its clients' certificates (apiserver_client_certificate_expiration_seconds).
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

const BOUNDS = [
  0,
  1800,
  3600,
  7200,
  21600,
  43200,
  86400,
  172800,
  345600,
  604800,
  2592000,
  7776000,
  15552000,
  31104000,
  Infinity,
];
const NAME = 'apiserver_client_certificate_expiration_seconds';

export class ClientMetrics {
  readonly #left: number[] = [];

  count(request: IncomingMessage): void {
    const socket = request.socket as TLSSocket;
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    if (certificate !== undefined) this.#left.push((certificate.validToDate.getTime() - Date.now()) / 1_000);
  }

  text(): string {
    const lines = BOUNDS.map((bound) => {
      const count = this.#left.filter((left) => left <= bound).length;
      return `${NAME}_bucket{le="${bound === Infinity ? '+Inf' : bound === 31104000 ? '3.1104e+07' : bound}"} ${count}`;
    });
    const head = `# HELP ${NAME} [ALPHA] Distribution of the remaining lifetime on the certificate used to authenticate a request.\n# TYPE ${NAME} histogram\n`;
    return `${head}${lines.join('\n')}\n${NAME}_count ${this.#left.length}\n`;
  }
}
