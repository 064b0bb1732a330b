import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseKubeconfig } from '../host/kubeconfig.ts';
import { parseCertificate } from '../host/x509.ts';
import type { Inbox } from './inbox.ts';

/** Alerts travel after the renewal: waits until both servers have been told of it, at most a minute. */
export async function received(inbox: Inbox): Promise<void> {
  const told = (messages: string[]) => messages.some((text) => /RENEWED|certificates renewed/.test(text));
  for (let tries = 0; tries < 600 && !(told(inbox.emails) && told(inbox.webhooks)); tries++) {
    await sleep(100);
  }
}

/** What a person may know of a kubeconfig copy: the server, and until when its credentials are good. No key. */
export async function describeCopy(path: string): Promise<string> {
  const { clusters, users } = parseKubeconfig(await readFile(path, 'utf8'));
  const certificate = parseCertificate(users[0]?.certificate ?? '');
  const end = new Date(certificate.notAfter).toISOString().slice(0, 10);
  return `${clusters[0]?.server}, ${certificate.subject}, serial ${certificate.serial.slice(0, 8)}…, ends ${end}`;
}

/** The headers a person looks at and the text part of an email, without its transfer encoding (quoted-printable). */
export function textOf(email: string): string {
  const [head = '', ...parts] = email.split(/\r?\n\r?\n/);
  const headers = head.split(/\r?\n(?![ \t])/).filter((line) => /^(From|To|Subject|Date):/.test(line));
  const body = parts.join('\n\n').match(/Content-Type: text\/plain[\s\S]*?\n\n([\s\S]*?)\r?\n-{2,}/)?.[1] ?? '';
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return [...headers, '', Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n')].join('\n');
}

export function heading(out: NodeJS.WriteStream, title: string): void {
  out.write(`\n── ${title} ${'─'.repeat(Math.max(3, 96 - title.length))}\n`);
}
