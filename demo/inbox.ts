import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a demo's alerts arrive: a real SMTP server and a real HTTP server on loopback. */
export type Inbox = {
  smtpPort: number;
  webhookUrl: string;
  /** Emails in full, as received. */
  emails: string[];
  /** Bodies of the POSTs, as received. */
  webhooks: string[];
  close(): Promise<void>;
};

/** `ports`: of the SMTP and the HTTP server, when they must be fixed; default: any. */
export async function openInbox(ports = { smtp: 0, http: 0 }): Promise<Inbox> {
  const emails: string[] = [];
  const webhooks: string[] = [];
  const { SMTPServer } = await import('smtp-server');
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        emails.push(Buffer.concat(chunks).toString('utf8'));
        done();
      });
    },
  });
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      webhooks.push(Buffer.concat(chunks).toString('utf8'));
      response.end();
    });
  });
  const smtpListener = smtp.listen(ports.smtp, '127.0.0.1');
  http.listen(ports.http, '127.0.0.1');
  await Promise.all(
    [smtpListener, http].map(
      (server) => server.listening || new Promise((resolve) => server.once('listening', resolve)),
    ),
  );
  return {
    smtpPort: (smtpListener.address() as AddressInfo).port,
    webhookUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}/certagent`,
    emails,
    webhooks,
    close: async () => {
      await new Promise<void>((resolve) => smtp.close(() => resolve()));
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}
