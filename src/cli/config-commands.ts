import { type CommandSpec, USAGE, usual } from './command-spec.ts';

/** The commands about the configuration file. */
export const CONFIGURATION = [
  {
    name: 'config check',
    summary: 'report every error in a configuration file, with its line',
    detail:
      'An error is what a daemon refuses to start with. A warning is what will fail later: a missing file, an unknown user, a secret that everybody can read, a duration that cannot be meant.',
    argument: { flags: '[file]', description: 'a file to check instead of the configuration that certagent uses' },
    options: [{ flags: '--strict', description: 'exit with 1 for a warning too' }],
    examples: ['certagent config check', 'certagent config check --strict ./config.toml'],
    exitCodes: [
      [0, 'the configuration is valid, with warnings or without'],
      [1, 'the configuration has errors, or warnings with --strict'],
      USAGE,
    ],
  },
  {
    name: 'config example',
    summary: 'print a configuration file with every key and its default',
    outputs: ['text'],
    examples: ['certagent config example | less', 'certagent config example > every-key.toml'],
    exitCodes: usual('the example was printed'),
  },
] as const satisfies CommandSpec[];
