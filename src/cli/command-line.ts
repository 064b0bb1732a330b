import { explain } from '../domain/model/errors.ts';
import { asciiText, isUtf8 } from './charset.ts';
import { runCommand } from './command-code.ts';
import { coloured, makeContext } from './context.ts';
import { standardOutput } from './output.ts';
import { type CommandLine, parseCommandLine } from './parse.ts';

/** The command line: arguments (without node and script) in, exit code out. Every error is reported here, once. */
export async function main(argv: string[]): Promise<number> {
  const line = parseCommandLine(argv);
  try {
    if (line.fault !== null) throw (await import('./usage-error.ts')).usageError(line.fault, line.name);
    return await runCommand(line.spec.name, makeContext(line));
  } catch (error) {
    return await report(error, line);
  }
}

async function report(error: unknown, { name, global }: CommandLine): Promise<number> {
  if (name === 'check') {
    const { failedLine } = await import('./commands/check.ts');
    standardOutput().write(failedLine(explain(error), 'UNKNOWN'));
    return 3;
  }
  const { errorJson, exitCodeOf, renderError } = await import('./render/error-text.ts');
  const { paintWith, plain } = await import('./render/paint.ts');
  const paint = coloured(global.color ?? true, process.stderr) ? paintWith : plain;
  const text = () =>
    isUtf8(process.env) ? renderError(error, paint) : asciiText(renderError(error, paint), process.stderr.isTTY);
  process.stderr.write(global.output === 'json' ? errorJson(error) : text());
  // As of `check`: 2 would be a critical node.
  return name === 'fleet' ? 3 : exitCodeOf(error);
}
