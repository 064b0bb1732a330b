// The one importer of nodemailer, loaded when the first email is sent.
import type { EmailSink } from '../config/sinks/email-keys.ts';
import type { Dispatch } from '../domain/alerts/alert.ts';
import { errorCode } from '../domain/model/errors.ts';
import type { Root } from '../host/root.ts';
import { renderEmail } from './email-text.ts';
import { headersOf, threadOf } from './email-thread.ts';
import { shown } from './labels.ts';
import { readSecret } from './secrets.ts';
import { type Sink, SinkError } from './sink.ts';
import { authoritiesFor, trustRemedy } from './trusted-cas.ts';

/** Of the connection, the greeting, and each answer. */
const LIMIT = 20_000;
/** Of everything together. */
const WHOLE = 90_000;

/** Sends each dispatch as one email to all recipients. */
export function emailSink(config: EmailSink, name: string, root: Root): Sink {
  return {
    name,
    least: config.least,
    async send(dispatch, signal) {
      const password = await passwordOf(config, name, root);
      const transport = await connectTo(config, name, root, password);
      // nodemailer's limits are for single answers: a server that drips could keep certagent waiting for ever.
      const limit = AbortSignal.timeout(WHOLE);
      const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
      try {
        const sent = await transport.sendMail({ ...message(config, dispatch), signal: either });
        const refused = sent.rejected.length;
        return refused === 0
          ? 'accepted'
          : `accepted, but not for ${refused} of ${refused + sent.accepted.length} recipients`;
      } catch (error) {
        throw refusal(name, config, error, password);
      } finally {
        transport.close();
      }
    },
  };
}

/** null: the server wants none. Throws SinkError. */
export async function passwordOf({ password_file }: EmailSink, name: string, root: Root): Promise<string | null> {
  return password_file === undefined ? null : await readSecret(root, name, password_file);
}

/** Not yet connected: sending, and `verify`, connect. */
export async function connectTo(
  { host, port, security, user, ca_file }: EmailSink,
  name: string,
  root: Root,
  password: string | null,
) {
  const ca = await authoritiesFor(root, name, ca_file);
  const { createTransport } = await import('nodemailer');
  return createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(user === undefined || password === null ? {} : { auth: { user, pass: password } }),
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: true, ca },
    connectionTimeout: LIMIT,
    greetingTimeout: LIMIT,
    socketTimeout: LIMIT,
    dnsTimeout: LIMIT,
    // certagent wrote all of the content: nodemailer must not open a path or address in it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function message({ from, to }: EmailSink, dispatch: Dispatch) {
  const domain = /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? 'certagent.invalid';
  return {
    from,
    to,
    ...renderEmail(dispatch),
    date: new Date(dispatch.at),
    ...threadOf(shown(dispatch), domain),
    // RFC 3834: keeps holiday answers away.
    headers: { ...headersOf(shown(dispatch)), 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}

/** nodemailer's error as ours: kind and the server's answer, with anything that looks like the password taken out. */
export function refusal(
  name: string,
  { host, port, user }: EmailSink,
  error: unknown,
  password: string | null,
): SinkError {
  const { responseCode, message = '' } = error as { responseCode?: number; message?: string };
  const [line = ''] = message.split('\n');
  const code = errorCode(error);
  // A 5xx to the message itself (552 too large, 554 refused); not to the log-in or to a recipient, which can be put right.
  const refusesMessage = code === 'EMESSAGE' && responseCode !== undefined && responseCode >= 500;
  const remedy = trustRemedy(line);
  return new SinkError(
    name,
    `${host}:${port} did not accept the email (${code}): ${hide(line.slice(0, 200), user, password)}`,
    { refusesMessage, ...(remedy === undefined ? {} : { remedy }) },
  );
}

function hide(text: string, user: string | undefined, password: string | null): string {
  if (password === null) return text;
  const base64 = (value: string) => Buffer.from(value).toString('base64');
  return [password, base64(password), base64(`\0${user}\0${password}`)].reduce(
    (shown, secret) => shown.replaceAll(secret, '…'),
    text,
  );
}
