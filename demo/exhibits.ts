import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import { parseKubeconfig } from '../src/host/kubeconfig.ts';
import { parseCertificate } from '../src/host/x509.ts';
import type { Probed } from '../testnode/probe.ts';
import type { Inbox } from './inbox.ts';

/** Alerts arrive after the renewal: waits until both servers have received one, at most a minute. */
export async function received(inbox: Inbox): Promise<void> {
  const told = (messages: string[]) => messages.some((text) => /RENEWED|certificates renewed/.test(text));
  for (let tries = 0; tries < 600 && !(told(inbox.emails) && told(inbox.webhooks)); tries++) {
    await sleep(100);
  }
}

/** What may be shown of a kubeconfig copy: the server, and when its credentials expire. No key. */
export async function describeCopy(path: string): Promise<string> {
  const { clusters, users } = parseKubeconfig(await readFile(path, 'utf8'));
  const certificate = parseCertificate(users[0]?.certificate ?? '');
  const end = new Date(certificate.notAfter).toISOString().slice(0, 10);
  return `${clusters[0]?.server}, ${certificate.subject}, serial ${certificate.serial.slice(0, 8)}…, expires ${end}`;
}

/** The headers that a person reads, and the text part of an email. */
export async function textOf(email: string): Promise<string> {
  const { headerLines, text } = await simpleParser(email);
  const headers = headerLines.filter(({ key }) => ['from', 'to', 'subject', 'date'].includes(key));
  return [...headers.map(({ line }) => line), '', text?.trimEnd() ?? ''].join('\n');
}

export function heading(out: NodeJS.WritableStream, title: string): void {
  out.write(`\n── ${title} ${'─'.repeat(Math.max(3, 96 - title.length))}\n`);
}

export function describeProbe({ requests, failed, away }: Probed): string {
  const outage = failed.length === 0 ? '' : `, the API was away for ${(away / 1000).toFixed(1)} s`;
  return `${requests} requests, ${failed.length} failed${outage}`;
}
