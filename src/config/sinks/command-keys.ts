import * as z from '../fields.ts';
import { duration, note } from '../fields.ts';
import { least, sinkName } from './common-keys.ts';
import type { SinkKind } from './sink-kind.ts';

/** The keys of one [[alerts.command]]. */
const keys = z.strictObject({
  name: sinkName('apprise'),
  command: note(
    z.array(z.string()).check(z.minLength(1)),
    'Program and arguments, without a shell. Every user of the node can read arguments: keep secrets out of them. It must exit with 0 when the alert was delivered; what it prints is thrown away.',
    ['apprise', '--config=/etc/apprise.yml'],
  ),
  input: note(
    z.prefault(z.enum(['json', 'text']), 'json'),
    'What it gets on its standard input. json: the same as a webhook of the shape "standard"; text: the alerts for people, the first line as a title.',
  ),
  user: note(
    z.prefault(z.string().check(z.regex(/^[^\s:/]+$/, 'is not the name of a user')), 'nobody'),
    'User whose rights it gets.',
  ),
  limit: note(
    z.prefault(duration(), '30s'),
    'Time limit, after which it is killed and the alert is tried again later.',
  ),
  least: least(),
});

export type CommandSink = z.infer<typeof keys>;

export const command: SinkKind<typeof keys, CommandSink> = {
  title: 'A program that delivers alerts',
  keys,
  files: [],
  problems: ({ command: [program = ''] }) =>
    program.startsWith('/') || !program.includes('/')
      ? []
      : [{ key: 'command', message: 'must begin with the name of a program, or with an absolute path' }],
};
