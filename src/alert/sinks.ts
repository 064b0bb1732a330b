import type { Config } from '../config/schema.ts';
import { namedSinks, type SinkKindName, type SinkSettings } from '../config/sinks/index.ts';
import type { Root } from '../host/root.ts';
import { emailSink } from './email.ts';
import type { Sink } from './sink.ts';
import { webhookSink } from './webhook.ts';

type Make<Settings> = (settings: Settings, name: string, root: Root, repeat: number) => Sink;

/** What makes a sink of each kind. A kind of the configuration without an entry does not compile. */
const MAKERS: { [Kind in SinkKindName]: Make<SinkSettings<Kind>> } = { email: emailSink, webhook: webhookSink };

/** Every sink of the configuration. Nothing is opened or read before the first dispatch. */
export function makeSinks(config: Config['alerts'], root: Root): Sink[] {
  return namedSinks(config).map(({ kind, name, settings }) =>
    (MAKERS[kind] as Make<typeof settings>)(settings, name, root, config.repeat),
  );
}
