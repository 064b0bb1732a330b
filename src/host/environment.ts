import { errorCode } from '../domain/model/errors.ts';
import { ourselves, steeringVariables } from './self.ts';

/**
 * Starts certagent once more without the variables that Node.js and OpenSSL read: they read most of them when a process
 * starts, so that removing them later has no effect. Returns only when that fails. (The unit unsets them; this is for commands
 * that get their caller's environment, as some sudo configurations pass it on.)
 */
export function leaveForeignEnvironment(argv: string[]): void {
  const foreign = steeringVariables(process.env);
  for (const name of foreign) delete process.env[name];
  const { program, first } = ourselves();
  try {
    // The same process continues as another program: signals, terminal, files and exit status stay the same.
    process.execve!(program, [program, ...first, ...argv], process.env as Record<string, string>);
  } catch (error) {
    process.stderr.write(`certagent: ${foreign.join(', ')} may have effect (${errorCode(error)})\n`);
  }
}
