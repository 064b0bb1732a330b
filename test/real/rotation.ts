// A rotation of the CAs as an operator does it: new ones that the old ones have signed, stored for K3s's next start.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TLS } from './aging.ts';
import type { RealNode } from './k3s.ts';
import { due, type Outcome, renewed } from './play.ts';

const STORED = '/root/new-cas';

/** `k3s certificate rotate-ca` wants each new CA with the chain by which the old ones lead to it. */
const NEW_CAS = `
rm -rf ${STORED} && mkdir -p ${STORED}/tls/etcd && cd ${STORED}/tls
printf 'basicConstraints=critical,CA:true\\nkeyUsage=critical,digitalSignature,keyEncipherment,keyCertSign\\nsubjectKeyIdentifier=hash\\nauthorityKeyIdentifier=keyid\\n' >../extensions
for name in client server request-header etcd/peer etcd/server; do
  old=${TLS}/$name-ca
  openssl ecparam -name prime256v1 -genkey -noout -out $name-ca.key
  openssl req -new -subj "/CN=new-$(echo $name | tr / -)-ca" -key $name-ca.key |
    openssl x509 -req -CA $old.crt -CAkey $old.key -days 3650 -extfile ../extensions -out ../new.crt
  cat ../new.crt $old.crt >$name-ca.crt
done
k3s certificate rotate-ca --path=${STORED}
`;

/** The next start loads them, so certagent's renewal does. */
export async function casRotated(node: RealNode): Promise<Outcome> {
  const { machine } = node;
  await due(node);
  await machine.must('sh', '-ec', NEW_CAS);
  const outcome = await renewed(node, 'renewed under the new CAs');
  const { subject } = new X509Certificate(readFileSync(machine.at(`${TLS}/client-ca.crt`)));
  if (!subject.includes('new-client-ca')) outcome.problems.push(`${TLS}/client-ca.crt is not the new CA`);
  return outcome;
}
