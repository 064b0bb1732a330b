import { errorCode } from '../domain/model/errors.ts';
import { ourselves } from './self.ts';

/** What Node.js and OpenSSL read from their environment: other CAs, no check of certificates, code, a log of secrets. */
const STEERS_NODE = /^(NODE|OPENSSL|SSL)_/;

/**
 * Starts certagent once more without the variables that steer Node.js and OpenSSL, when there are any: most are read when a
 * process starts, so that removing them later is too late. Returns when there are none. (The unit unsets them; this is for
 * commands that sudo gives its caller's environment.)
 */
export function leaveForeignEnvironment(argv: string[]): void {
  const foreign = Object.keys(process.env).filter((name) => STEERS_NODE.test(name));
  if (foreign.length === 0) return;
  for (const name of foreign) delete process.env[name];
  const { program, first } = ourselves();
  try {
    // The same process goes on as another program: signals, terminal, files and exit status stay as they are.
    process.execve!(program, [program, ...first, ...argv], process.env as Record<string, string>);
  } catch (error) {
    process.stderr.write(`certagent: ${foreign.join(', ')} may have effect (${errorCode(error)})\n`);
  }
}
