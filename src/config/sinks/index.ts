import * as z from '../fields.ts';
import { note } from '../fields.ts';
import { command } from './command-keys.ts';
import { email } from './email-keys.ts';
import { heartbeat } from './heartbeat-keys.ts';
import { webhook } from './webhook-keys.ts';

/** Every kind of sink, by the name of its tables: [[alerts.email]]. `alert/sinks.ts` does not compile without one of them. */
export const SINKS = { email, webhook, command, heartbeat };

export type SinkKindName = keyof typeof SINKS;
/** What the configuration says of one sink of that kind. */
export type SinkSettings<Kind extends SinkKindName> = z.infer<(typeof SINKS)[Kind]['keys']>;
/** By kind, the sinks in the order of the configuration. */
export type SinkTables = { [Kind in SinkKindName]: SinkSettings<Kind>[] };

type Tables = { [Kind in SinkKindName]: z.Prefault<z.Array<(typeof SINKS)[Kind]['keys']>> };

/** The tables of all kinds, for the schema. */
export const sinkTables = Object.fromEntries(
  Object.entries(SINKS).map(([name, { title, keys }]) => [
    name,
    note(z.prefault(z.array(keys), []), `${title}. Repeat the table for more.`),
  ]),
) as unknown as Tables;

export type NamedSink = {
  kind: SinkKindName;
  index: number;
  /** What it is called in the spool, in status and in errors: its own name, else "email-1", "webhook-2". */
  name: string;
  settings: SinkSettings<SinkKindName>;
};

/** All sinks, with their names. */
export function namedSinks(tables: SinkTables): NamedSink[] {
  return (Object.keys(SINKS) as SinkKindName[]).flatMap((kind) =>
    tables[kind].map((settings, index) => ({ kind, index, name: settings.name ?? `${kind}-${index + 1}`, settings })),
  );
}
