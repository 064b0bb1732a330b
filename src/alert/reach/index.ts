import type { NamedSink, SinkKindName, SinkSettings } from '../../config/sinks/index.ts';
import type { Root } from '../../host/root.ts';
import { reachCommand } from './reach-command.ts';
import { reachEmail } from './reach-email.ts';
import { reachHeartbeat, reachWebhook } from './reach-http.ts';

type Reach<Settings> = (settings: Settings, name: string, root: Root) => Promise<string>;

/** How it is found out, for each kind, whether it could be sent something now. A kind without an entry does not compile. */
const REACH: { [Kind in SinkKindName]: Reach<SinkSettings<Kind>> } = {
  email: reachEmail,
  webhook: reachWebhook,
  command: reachCommand,
  heartbeat: reachHeartbeat,
};

/** Goes as far as an alert would, and sends none. Resolves with what was seen. Throws SinkError. */
export function reachSink({ kind, name, settings }: NamedSink, root: Root): Promise<string> {
  return (REACH[kind] as Reach<typeof settings>)(settings, name, root);
}
