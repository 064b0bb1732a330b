// The kubelet's client certificate: what its kubelet.conf holds or names. Without a valid one, and without a kubeconfig to
// bootstrap with, it exits; one that kubelet.conf holds is stored as the first that it would rotate.
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PKI = 'var/lib/kubelet/pki';

/** Why the kubelet cannot start; undefined: it can. */
export function useClientCertificate(root: string): string | undefined {
  const text = readFileSync(join(root, 'etc/kubernetes/kubelet.conf'), 'utf8');
  const certificate = entry(root, text, 'client-certificate');
  const key = entry(root, text, 'client-key');
  if (certificate === undefined || key === undefined || hasExpired(certificate))
    return 'unable to load bootstrap kubeconfig: stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory';
  if (text.includes('client-certificate-data:')) store(root, certificate, key);
  return undefined;
}

function entry(root: string, text: string, name: string): string | undefined {
  const data = new RegExp(`${name}-data:\\s*(\\S+)`).exec(text)?.[1];
  if (data !== undefined) return Buffer.from(data, 'base64').toString();
  const file = new RegExp(`${name}:\\s*(\\S+)`).exec(text)?.[1];
  return file === undefined || !existsSync(join(root, file)) ? undefined : readFileSync(join(root, file), 'utf8');
}

// Only where it has nothing better (client-go's certificate manager).
function store(root: string, certificate: string, key: string): void {
  const current = join(root, PKI, 'kubelet-client-current.pem');
  if (existsSync(current) && !hasExpired(readFileSync(current, 'utf8'))) return;
  const name = `kubelet-client-${new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-')}.pem`;
  writeFileSync(join(root, PKI, name), `${certificate}${key}`, { mode: 0o600 });
  rmSync(current, { force: true });
  symlinkSync(name, current);
}

function hasExpired(pem: string): boolean {
  return new X509Certificate(pem).validToDate.getTime() <= Date.now();
}
