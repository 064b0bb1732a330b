// The least a scan can cost in Node.js: read each file, parse it with node:crypto, read the fields that a decision needs.
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2]!;
const started = performance.now();
let seen = 0;
for (const name of readdirSync(directory)) {
  const certificate = new X509Certificate(readFileSync(join(directory, name)));
  if (Date.parse(certificate.validTo) > 0 && certificate.subject !== '' && certificate.fingerprint256 !== '') seen += 1;
}
console.log(JSON.stringify({ seen, milliseconds: performance.now() - started }));
