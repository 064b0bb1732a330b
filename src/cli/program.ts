import { Command, CommanderError, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { allLabels } from '../domain/distributions/names.ts';
import { plainWords } from './argument-words.ts';
import { COMMANDS, type CommandSpec, GROUPS } from './command-catalogue.ts';
import { type GlobalOptions, usage } from './context.ts';
import { runCommand } from './perform.ts';

/** Parses the command line and runs the command. Returns the exit code. Throws CertagentError USAGE. */
export async function parseAndRun(argv: string[]): Promise<number> {
  let exitCode = 0;
  const program = makeProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for and printed.
    if (error.exitCode === 0) return 0;
    throw usage(sentence(error.message), `See what there is: ${helpFor(argv)}`);
  }
  return exitCode;
}

function makeProgram(done: (exitCode: number) => void): Command {
  const program = new Command('certagent')
    .description(`Watches and renews the certificates of Kubernetes nodes (${allLabels('or')}).`)
    .version(packageJson.version, '-V, --version', 'print the version')
    .option('--root <dir>', 'work on the node image under this directory')
    .option('--config <file>', "configuration, a path of the node (default: '/etc/certagent/config.toml')")
    .addOption(new Option('-o, --output <format>', 'text, json, or wide for status').default('text'))
    .option('--no-color', 'no colours (as with NO_COLOR in the environment)')
    .helpOption('-h, --help', 'say how to use it')
    .helpCommand('help [command]', 'say how to use a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  for (const spec of COMMANDS) {
    const [first = '', second] = spec.name.split(' ');
    if (second === undefined) addCommand(program, first, spec, done);
    else addCommand(groupOf(program, first), second, spec, done);
  }
  return program;
}

function groupOf(program: Command, name: string): Command {
  const there = program.commands.find((command) => command.name() === name);
  return (
    there ??
    program
      .command(name)
      .summary(GROUPS[name] ?? '')
      .description(capital(GROUPS[name] ?? '', undefined))
  );
}

function addCommand(parent: Command, name: string, spec: CommandSpec, done: (exitCode: number) => void): void {
  const command = parent.command(name).summary(spec.summary).description(capital(spec.summary, spec.detail));
  if (spec.argument !== undefined) command.argument(spec.argument.flags, spec.argument.description);
  for (const { flags, description, fallback } of spec.options ?? []) command.option(flags, description, fallback);
  command.addHelpText('after', `\n${examplesAndExitCodes(spec)}`);
  command.action(async (...args: unknown[]) => {
    const global = command.optsWithGlobals<GlobalOptions>();
    const argument = spec.argument === undefined ? undefined : (args[0] as string | undefined);
    done(await runCommand(spec, global, { options: command.opts(), argument }));
  });
}

function examplesAndExitCodes({ examples, exitCodes }: CommandSpec): string {
  return [
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
    'Exit codes:',
    ...exitCodes.map(([code, meaning]) => `  ${code}  ${meaning}`),
  ].join('\n');
}

function capital(summary: string, detail: string | undefined): string {
  const first = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return detail === undefined ? first : `${first}\n\n${detail}`;
}

/** commander says "error: unknown option '--yess'\n(Did you mean --yes?)". */
function sentence(message: string): string {
  if (message === '(outputHelp)') return 'a command is missing';
  return message.replace(/^error: /, '').replaceAll('\n', ' ');
}

/** The command whose help tells more. */
function helpFor(argv: string[]): string {
  const words = plainWords(argv);
  const name = [words.slice(0, 2).join(' '), words[0]].find((one) => COMMANDS.some((spec) => spec.name === one));
  return name === undefined ? 'certagent --help' : `certagent ${name} --help`;
}
