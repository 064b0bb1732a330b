import type { Config } from '../config/schema.ts';
import { sinkName } from '../config/sink-name.ts';
import type { Root } from '../host/root.ts';
import { emailSink } from './email.ts';
import type { Sink } from './sink.ts';
import { webhookSink } from './webhook.ts';

/** Every sink of the configuration. Nothing is opened or read before the first dispatch. */
export function makeSinks(config: Config['alerts'], root: Root): Sink[] {
  return [
    ...config.email.map((each, index) => emailSink(each, sinkName('email', index, each.name), root)),
    ...config.webhook.map((each, index) =>
      webhookSink(each, sinkName('webhook', index, each.name), root, config.repeat),
    ),
  ];
}
