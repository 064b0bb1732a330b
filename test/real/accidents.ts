// What can be wrong with a K3s server's files before a restart, and what a restart of the real K3s makes of it.
import { TLS } from './aging.ts';

/** `does`: a shell script that damages the stopped server, in its directory of certificates. */
export type Accident = {
  name: string;
  does: string;
  /** A file that not every version has: without it there is nothing to damage. */
  file?: string;
};

const garbage = (file: string): string => `printf 'garbage\\n' >${file}`;
const empty = (file: string): string => `: >${file}`;

const MISSING_CAS = [
  ['client-ca.key missing', 'rm client-ca.key'],
  ['client-ca.key and .crt missing', 'rm client-ca.key client-ca.crt'],
  ['server-ca.key missing', 'rm server-ca.key'],
  ['request-header-ca.key missing', 'rm request-header-ca.key'],
  ['service.key missing', 'rm service.key'],
  ['all of server/tls missing', `rm -rf ${TLS}`],
  ['client-ca.key emptied', empty('client-ca.key')],
  ['client-ca.crt is garbage', garbage('client-ca.crt')],
  [
    'another CA, newer than the datastore',
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=another -keyout client-ca.key -out client-ca.crt 2>/dev/null',
  ],
  [
    'another CA, older than the datastore',
    'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=another -keyout client-ca.key -out client-ca.crt 2>/dev/null; touch -d 2020-01-01 client-ca.key client-ca.crt',
  ],
] as const;

const LEAVES = [
  ['client-admin.key missing', 'rm client-admin.key'],
  ['client-admin.crt is garbage', garbage('client-admin.crt')],
  ['client-admin.crt emptied', empty('client-admin.crt')],
  ['client-admin.key is garbage', garbage('client-admin.key')],
  ['client-scheduler.crt is garbage', garbage('client-scheduler.crt')],
  ['serving-kube-apiserver.crt is garbage', garbage('serving-kube-apiserver.crt')],
  ['client-auth-proxy.crt is garbage', garbage('client-auth-proxy.crt')],
  ['dynamic-cert.json emptied', empty('dynamic-cert.json')],
] as const;

export const ACCIDENTS: Accident[] = [
  { name: 'nothing wrong, leaves due', does: ':' },
  ...[...MISSING_CAS, ...LEAVES].map(([name, does]) => ({ name, does })),
  {
    name: 'kube-scheduler.crt is garbage',
    does: garbage('kube-scheduler/kube-scheduler.crt'),
    file: 'kube-scheduler/kube-scheduler.crt',
  },
];
