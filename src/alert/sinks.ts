import type { Config } from '../config/schema.ts';
import { namedSinks, type SinkKindName, type SinkSettings } from '../config/sinks/index.ts';
import type { Root } from '../host/root.ts';
import { commandSink } from './command.ts';
import { emailSink } from './email.ts';
import type { Sink } from './sink.ts';
import { webhookSink } from './webhook.ts';

type Make<Settings> = (settings: Settings, name: string, root: Root, repeat: number) => Sink;

/** A heartbeat takes no alerts (heartbeat.ts). */
type AlertSinkKind = Exclude<SinkKindName, 'heartbeat'>;

/** What makes a sink of each kind. A kind of the configuration without an entry does not compile. */
const MAKERS: { [Kind in AlertSinkKind]: Make<SinkSettings<Kind>> } = {
  email: emailSink,
  webhook: webhookSink,
  command: commandSink,
};

/** Webhooks of programs that keep an alert under a name of ours until a message under the same name resolves it. */
const KEEP_ALERTS = ['alertmanager', 'pagerduty'];

/** Every sink of the configuration. Nothing is opened or read before the first dispatch. */
export function makeSinks(config: Config['alerts'], root: Root): Sink[] {
  return namedSinks(config).flatMap(({ kind, name, settings }) => {
    if (kind === 'heartbeat') return [];
    const sink = (MAKERS[kind] as Make<typeof settings>)(settings, name, root, config.repeat);
    return 'shape' in settings && KEEP_ALERTS.includes(settings.shape) ? [{ ...sink, keepsAlerts: true }] : [sink];
  });
}
