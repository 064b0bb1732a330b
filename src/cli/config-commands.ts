import { type CommandSpec, SHELLS, USAGE, usual } from './command-spec.ts';

/** The commands about the configuration file, and about the shell. */
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
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    detail:
      'The packages install the scripts for all users. For one user: source <(certagent completion bash) in ~/.bashrc; certagent completion zsh > ~/.zfunc/_certagent, a directory of fpath; certagent completion fish > ~/.config/fish/completions/certagent.fish',
    argument: { flags: '<shell>', description: `one of ${SHELLS.join(', ')}` },
    outputs: ['text'],
    examples: ['source <(certagent completion bash)', 'certagent completion fish | source'],
    exitCodes: usual('the script was printed'),
  },
] as const satisfies CommandSpec[];
