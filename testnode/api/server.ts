// A stand-in API server of its own: TLS with a CA, client certificates or a token, and objects that its callers share.
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Issued, issueAuthority, issueCertificate } from '../pki.ts';
import { clientOf } from '../stand-in/answers.ts';
import { makeObjects, type Objects } from './objects.ts';
import { type ApiFaults, apiHandler, NO_API_FAULTS } from './serve.ts';

export type ApiServer = {
  url: string;
  objects: Objects;
  ca: Issued;
  /** An administrator's client certificate. */
  admin: Issued;
  faults(faults: Partial<ApiFaults>): void;
  /** "GET /path" of every request. */
  seen: string[];
  close(): Promise<void>;
};

export type ApiServerOptions = {
  objects?: Objects;
  /** Default: one of its own. */
  ca?: Issued;
  token?: string;
  /** Users by their tokens. */
  tokens?: Record<string, string>;
  /** Default: a free one. */
  port?: number;
  /** Names in its certificate besides "kubernetes.default.svc". */
  names?: string[];
  /** notAfter of its certificate. */
  notAfter?: number;
};

export async function openApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { objects = makeObjects(), names = ['127.0.0.1'], token, notAfter = Date.now() + 86_400_000 } = options;
  const users = (bearer: string) => (token !== undefined && bearer === token ? 'certagent' : options.tokens?.[bearer]);
  const validity = { notBefore: Date.now() - 3_600_000, notAfter };
  const ca =
    options.ca ?? (await issueAuthority({ ...validity, commonName: 'kubernetes', notAfter: Date.now() + 86_400_000 }));
  const [own, admin] = await Promise.all([
    issueCertificate({
      ca,
      subject: { commonName: 'kube-apiserver' },
      sans: ['kubernetes.default.svc', ...names],
      usages: ['server'],
      ...validity,
    }),
    issueCertificate({
      ca,
      subject: { commonName: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'] },
      usages: ['client'],
      notBefore: validity.notBefore,
      notAfter: Date.now() + 86_400_000,
    }),
  ]);
  let faults = NO_API_FAULTS;
  const seen: string[] = [];
  const handle = apiHandler(
    objects,
    () => faults,
    (line) => seen.push(line),
  );
  const server = createServer(
    { cert: own.certificatePem, key: own.keyPem, ca: ca.certificatePem, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const bearer = request.headers.authorization?.replace(/^Bearer /, '');
      void handle(request, response, bearer === undefined ? clientOf(request) : users(bearer));
    },
  );
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    ca,
    admin,
    seen,
    faults(changed) {
      faults = { ...faults, ...changed };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
