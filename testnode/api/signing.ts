// CertificateSigningRequests: what the API server admits, and the signer kubernetes.io/kube-apiserver-client of the controller manager.
// Simplified: it signs at once what is approved, and nothing is removed after its day.
import { createPublicKey } from 'node:crypto';
import { loadX509 } from '../../src/host/x509-package.ts';
import { type Issued, issueCertificate } from '../pki.ts';
import { type ApiAnswer, type ApiObject, failure, type Objects } from './objects.ts';

export const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const SIGNER = 'kubernetes.io/kube-apiserver-client';
const MINUTE = 60_000;
/** --cluster-signing-duration. */
const LONGEST = 365 * 24 * 60 * MINUTE;

type Spec = { request: string; signerName: string; expirationSeconds?: number; usages?: string[] };
type Condition = { type: string };
type Csr = ApiObject & { spec: Spec; status?: { conditions?: Condition[]; certificate?: string } };

/** What the API server says of a new request; null: it takes it. */
export async function refusedRequest(body: unknown): Promise<ApiAnswer | null> {
  const { spec, metadata } = body as Csr;
  const name = metadata?.name ?? '';
  if (typeof spec?.request !== 'string' || typeof spec.signerName !== 'string')
    return failure(422, 'Invalid', `CertificateSigningRequest "${name}" is invalid: spec: Required value`);
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600)
    return failure(
      422,
      'Invalid',
      `CertificateSigningRequest.certificates.k8s.io "${name}" is invalid: spec.expirationSeconds: Invalid value: ${spec.expirationSeconds}: may not specify a duration less than 600 seconds (10 minutes)`,
    );
  const asked = await requested(spec).catch(() => null);
  if (asked === null) return failure(422, 'Invalid', `CertificateSigningRequest "${name}" is invalid: spec.request`);
  const { organizations } = asked;
  return spec.signerName === SIGNER && organizations.includes('system:masters')
    ? failure(
        403,
        'Forbidden',
        `certificatesigningrequests.certificates.k8s.io "${name}" is forbidden: use of ${SIGNER} signer with system:masters group is not allowed`,
      )
    : null;
}

/** PUT …/NAME/approval changes the conditions, and nothing else. */
export function decideRequest(objects: Objects, path: string, body: unknown): ApiAnswer {
  const place = path.replace(/\/approval$/, '');
  const there = objects.get(place) as Csr | undefined;
  if (there === undefined) return failure(404, 'NotFound', 'the request is not there');
  const sent = body as Csr;
  const { resourceVersion } = sent.metadata;
  if (resourceVersion !== undefined && resourceVersion !== there.metadata.resourceVersion)
    return failure(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
  const conditions = sent.status?.conditions ?? [];
  return { status: 200, body: objects.put(CSRS, { ...there, status: { ...there.status, conditions } }) };
}

/** Signs what is approved with the cluster's CA, as it is then. */
export function signApproved(objects: Objects, authority: () => Issued | null): void {
  objects.watch(CSRS, ({ type, object }) => {
    if (type !== 'DELETED') void sign(objects, object as Csr, authority());
  });
}

async function sign(objects: Objects, csr: Csr, ca: Issued | null): Promise<void> {
  const { spec, status } = csr;
  const has = (type: string) => status?.conditions?.some((each) => each.type === type) === true;
  if (ca === null || spec.signerName !== SIGNER || status?.certificate !== undefined) return;
  if (!has('Approved') || has('Denied') || has('Failed')) return;
  const { commonName, organizations, publicKeyPem } = await requested(spec);
  const now = Date.now();
  const asked = spec.expirationSeconds === undefined ? LONGEST : spec.expirationSeconds * 1_000;
  const { certificatePem } = await issueCertificate({
    ca,
    subject: { commonName, organizations },
    usages: ['client'],
    notBefore: now - 5 * MINUTE,
    notAfter: now + Math.min(asked, LONGEST),
    publicKeyPem,
  });
  objects.put(CSRS, { ...csr, status: { ...status, certificate: Buffer.from(certificatePem).toString('base64') } });
}

async function requested({ request }: Spec) {
  const x509 = await loadX509();
  const csr = new x509.Pkcs10CertificateRequest(Buffer.from(request, 'base64').toString());
  const publicKey = createPublicKey({ key: Buffer.from(csr.publicKey.rawData), format: 'der', type: 'spki' });
  return {
    commonName: csr.subjectName.getField('CN')[0] ?? '',
    organizations: csr.subjectName.getField('O'),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}
