// Requests that ask for more names, or for fewer usages, than the present certificate has, as openssl reads them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, test } from 'node:test';
import { requestLike } from '../../src/host/certificate-request.ts';
import { makeOddCas } from './odd-certificates.ts';

const cas = makeOddCas();
after(() => cas.remove());
const root = cas.root('kubernetes');
const previous = root.leaf({
  extensions: ['subjectAltName=DNS:kubernetes,IP:10.96.0.1,URI:spiffe://x/y', 'keyUsage=critical,digitalSignature'],
});
const read = (csr: string) =>
  execFileSync('openssl', ['req', '-noout', '-text', '-verify'], { input: csr, stdio: 'pipe' }).toString();
const WANTED = { sans: ['DNS:kubernetes'], usages: ['serverAuth'], added: [] };

test('as the certificate is', async () => {
  for (const wanted of [undefined, WANTED]) {
    const text = read((await requestLike(previous, 'EC P-256', wanted)).csr);
    assert.match(text, /DNS:kubernetes, IP Address:10\.96\.0\.1, URI:spiffe:\/\/x\/y/);
    assert.match(text, /TLS Web Server Authentication/);
    assert.match(text, /X509v3 Key Usage: critical/);
  }
});

test('with names in addition, of both kinds', async () => {
  const added = ['DNS:lb.example.org', 'DNS:*.wild.example.org', 'IP:192.0.2.9', 'IP:FD00:0:0:0:0:0:0:9'];
  const text = read((await requestLike(previous, 'EC P-256', { ...WANTED, added })).csr);
  assert.match(
    text,
    /DNS:kubernetes, IP Address:10\.96\.0\.1, URI:spiffe:\/\/x\/y, DNS:lb\.example\.org, DNS:\*\.wild\.example\.org, IP Address:192\.0\.2\.9, IP Address:FD00:0:0:0:0:0:0:9\n/,
  );
  assert.equal(text.split('Subject Alternative Name').length, 2, 'one list of names');
});

test('without what the CA had added: names of a client, usages of a server', async () => {
  const both = root.leaf({ extensions: ['subjectAltName=DNS:admin'] });
  const wanted = { sans: [], usages: ['serverAuth'], added: [] };
  assert.doesNotMatch(read((await requestLike(both, 'EC P-256', wanted)).csr), /Alternative Name/);
  const client = read((await requestLike(both, 'EC P-256', { ...wanted, usages: ['clientAuth'] })).csr);
  assert.doesNotMatch(client, /TLS Web Server/);
});
