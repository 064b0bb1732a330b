import type { CommandSink } from '../config/sinks/command-keys.ts';
import type { Dispatch } from '../domain/alerts/alert.ts';
import { operatorsProgram } from '../host/operators-program.ts';
import type { Root } from '../host/root.ts';
import { runAsUser } from '../host/run-as-user.ts';
import { type User, userNamed } from '../host/users.ts';
import { headersOf } from './email-thread.ts';
import { fitting, plainText } from './formats/digest.ts';
import { standardBody } from './formats/standard.ts';
import { headline, shown } from './labels.ts';
import { type Sink, SinkError } from './sink.ts';

/** Characters of the text: services behind such a program rarely take more. */
const LIMIT = 8_000;

/** Runs a program for each dispatch, which delivers it. */
export function commandSink(config: CommandSink, name: string, root: Root): Sink {
  return {
    name,
    least: config.least,
    async send(given, signal) {
      const dispatch = shown(given);
      const [program = '', ...args] = config.command;
      const user = await userOf(config, name, root);
      const { why } = await runAsUser({
        command: [await pathOf(program, name, root), ...args],
        user,
        environment: environmentOf(dispatch),
        input: config.input === 'json' ? standardBody(dispatch) : textOf(dispatch),
        limit: config.limit,
        signal,
      });
      if (why === null) return 'exited with 0';
      throw new SinkError(name, `${program} ${why}`, {
        remedy: `Run the command of this sink as the user ${user.name} to see what it prints, then: certagent alert test`,
      });
    },
  };
}

/** CERTAGENT_SEVERITY and the others, for a program that needs no more than that. */
function environmentOf(dispatch: Dispatch): Record<string, string> {
  const facts = Object.entries(headersOf(dispatch)).map(([name, value]) => [
    name.replace(/^X-/, '').replaceAll('-', '_').toUpperCase(),
    value,
  ]);
  return {
    ...Object.fromEntries(facts),
    CERTAGENT_ID: dispatch.id,
    CERTAGENT_TITLE: headline(dispatch),
    CERTAGENT_ALL_CLEAR: String(dispatch.allClear),
  };
}

function textOf(dispatch: Dispatch): string {
  return fitting(
    dispatch,
    (digest) => `${digest.title}\n\n${plainText(digest)}\n`,
    (text) => text.length <= LIMIT,
  );
}

export async function userOf({ user: wanted }: CommandSink, name: string, root: Root): Promise<User> {
  const found = await userNamed(root, wanted);
  if (found === null) throw new SinkError(name, `there is no user ${wanted} on this node`);
  return found;
}

/** What root runs, if only with another user's rights, nobody else may have written. */
export async function pathOf(program: string, name: string, root: Root): Promise<string> {
  const found = await operatorsProgram(root, program);
  if (found === null) throw new SinkError(name, `${program} is not on this node`);
  const { path, foreign } = found;
  if (foreign !== null) throw new SinkError(name, `${program} is not run: ${foreign.path} ${foreign.why}`);
  return path;
}
