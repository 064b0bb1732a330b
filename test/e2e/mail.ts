// Where a machine's alerts arrive: real servers on the machine's own loopback.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '../testnode/support.ts';
import type { Machine } from './machine.ts';

const CHILD = fileURLToPath(new URL('./child/inbox.ts', import.meta.url));
const SMTP = 2525;
const HTTP = 8025;

/** The sinks, for the configuration. */
export const SINKS = `[[alerts.email]]
host = "127.0.0.1"
port = ${SMTP}
security = "none"
from = "certagent@node.example"
to = ["ops@example.org"]

[[alerts.webhook]]
url = "http://127.0.0.1:${HTTP}/certagent"
`;

export class Mail {
  readonly emails: string[] = [];
  readonly webhooks: string[] = [];
  #child: ChildProcess | null = null;

  /** The servers die with the machine's network, so they are started again after each boot. */
  async open(machine: Machine): Promise<void> {
    await this.close();
    const child = machine.startInNetwork(
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      CHILD,
      `${SMTP}`,
      `${HTTP}`,
    );
    this.#child = child;
    let ready = false;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const { kind, body } = JSON.parse(line) as { kind: 'ready' | 'email' | 'webhook'; body: string };
      if (kind === 'ready') ready = true;
      else if (kind === 'email') this.emails.push(body);
      else this.webhooks.push(body);
    });
    await eventually(() => ready);
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** "event RENEWED" and so on, of everything the webhook has received, in order. */
  told(): string[] {
    return this.webhooks.flatMap((body) => {
      const { data } = JSON.parse(body) as { data: { alerts: { status: string; code: string }[] } };
      return data.alerts.map(({ status, code }) => `${status} ${code}`);
    });
  }

  /** Waits until the webhook and an email have reported it. */
  async hears(status: 'raised' | 'cleared' | 'event', code: string): Promise<void> {
    await eventually(() => this.told().includes(`${status} ${code}`));
    await eventually(() => this.emails.length > 0);
  }
}
