import { X509Certificate } from 'node:crypto';
import type { KubeadmCertificate } from '../kubeadm-certificates.ts';
import { authorities } from '../kubeadm-certificates.ts';
import type { Place } from './kubeadm-files.ts';
import {
  authorityOf,
  hasCaKey,
  isThere,
  knowsAsExternal,
  missingCaKey,
  readCaCertificate,
  readCertificate,
} from './kubeadm-files.ts';

type Row = { name: string; caName: string; missing: boolean; ends: number; external: boolean };

/** `kubeadm certs check-expiration`: kubeadm's two tables, or from v1.30 on its JSON. */
export function checkExpiration(place: Place, known: KubeadmCertificate[], options: { json: boolean }): void {
  const used = authorities.filter((authority) => known.some((certificate) => certificate.ca === authority.name));
  const cas = used.map((authority): Row => {
    const ends = endOf(readCaCertificate(place, authority));
    // Old versions do not report that the key of etcd's CA is missing; they fail when they renew.
    const external = knowsAsExternal(place, authority) && !hasCaKey(place, authority);
    return { name: authority.name, caName: '', missing: false, ends, external };
  });
  if (cas[0]?.external) throw missingCaKey(place, authorities[0]!);
  const leaves = known.map((certificate): Row => {
    const { name: caName } = authorityOf(certificate);
    const authority = authorityOf(certificate);
    const external = knowsAsExternal(place, authority) && !hasCaKey(place, authority);
    if (!isThere(place, certificate)) return { name: certificate.name, caName, missing: true, ends: 0, external };
    const ends = endOf(readCertificate(place, certificate));
    return { name: certificate.name, caName, missing: false, ends, external };
  });
  process.stdout.write(options.json ? json(leaves, cas) : tables(leaves, cas, place.minor));
}

function tables(leaves: Row[], cas: Row[], minor: number): string {
  const first = leaves.map((row) => {
    if (row.missing) return [`!MISSING! ${row.name}`, '', '', '', ''];
    // Until v1.22 the column was empty for kubeconfigs.
    const ca = row.name.endsWith('.conf') && minor <= 22 ? '' : row.caName;
    return [row.name, day(row.ends), residual(row.ends), ca, row.external ? 'yes' : 'no'];
  });
  const second = cas.map((row) => [row.name, day(row.ends), residual(row.ends), row.external ? 'yes' : 'no']);
  const [name, external] = ['CERTIFICATE AUTHORITY', 'EXTERNALLY MANAGED'];
  return `${table([['CERTIFICATE', 'EXPIRES', 'RESIDUAL TIME', name, external], ...first])}\n${table([[name, 'EXPIRES', 'RESIDUAL TIME', external], ...second])}`;
}

// Go's tabwriter: columns as wide as their longest cell and three blanks; the last column is followed by what kubeadm's own
// format writes after it.
function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)) + 3);
  const lines = rows.map((row, index) => {
    const cells = row.slice(0, -1).map((cell, column) => cell.padEnd(widths[column]!));
    const last = row.at(-1)!;
    return `${cells.join('')}${index === 0 || last === '' ? last : last.padEnd(8)}`;
  });
  return `${lines.join('\n')}\n`;
}

function json(leaves: Row[], cas: Row[]): string {
  const seconds = (ends: number) => Math.floor((ends - Date.now()) / 1000);
  const common = (row: Row) => ({
    name: row.name,
    expirationDate: row.missing ? null : new Date(row.ends).toISOString().replace('.000Z', 'Z'),
    residualTime: row.missing ? 0 : seconds(row.ends),
    externallyManaged: row.external,
  });
  const told = {
    kind: 'CertificateExpirationInfo',
    apiVersion: 'output.kubeadm.k8s.io/v1alpha3',
    certificates: leaves.map((row) => ({ ...common(row), caName: row.caName, missing: row.missing })),
    certificateAuthorities: cas.map(common),
  };
  return `${JSON.stringify(told, null, 4)}\n`;
}

function endOf(pem: string): number {
  return new X509Certificate(pem).validToDate.getTime();
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 'Nov 24, 2027 06:00 UTC'. */
function day(at: number): string {
  const text = new Date(at).toISOString();
  return `${MONTHS[new Date(at).getUTCMonth()]} ${text.slice(8, 10)}, ${text.slice(0, 4)} ${text.slice(11, 16)} UTC`;
}

/** One number and unit, rounded down, as k8s.io/apimachinery's ShortHumanDuration. */
function residual(ends: number): string {
  const seconds = Math.floor((ends - Date.now()) / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  if (seconds < 365 * 86_400) return `${Math.floor(seconds / 86_400)}d`;
  return `${Math.floor(seconds / (365 * 86_400))}y`;
}
