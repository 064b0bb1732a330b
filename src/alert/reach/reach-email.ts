import type { EmailSink } from '../../config/sinks/email-keys.ts';
import type { Root } from '../../host/root.ts';
import { connectTo, passwordOf, refusal } from '../email.ts';

/** Greets the server, switches to TLS and logs in, as far as the configuration wants that; no message is sent. */
export async function reachEmail(settings: EmailSink, name: string, root: Root): Promise<string> {
  const password = await passwordOf(settings, name, root);
  const transport = await connectTo(settings, name, root, password);
  try {
    await transport.verify();
    return `${settings.host}:${settings.port} answers${password === null ? '' : ', and accepts the login'}`;
  } catch (error) {
    throw refusal(name, settings, error, password);
  } finally {
    transport.close();
  }
}
