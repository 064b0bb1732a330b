/** Shells for which certagent has completions. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What the catalogue says of a command. */
export type OutputFormat = 'text' | 'wide' | 'json' | 'yaml' | 'html';

/** What -o takes where the catalogue does not say it. */
export const OUTPUTS: readonly OutputFormat[] = ['text', 'json', 'yaml'];

export type OptionSpec = {
  /**
   * "-w, --warning <days>". In place of "days", "certificate", "plan", "code", "level", "dir", "file", "format", "shell" and
   * "command" say how a shell completes the value.
   */
  readonly flags: string;
  readonly description: string;
  readonly fallback?: string;
  /** It can be given several times; the values arrive joined by commas. */
  readonly repeats?: true;
};

export type CommandSpec = {
  /** Words of the command, as in "config check". */
  readonly name: string;
  readonly summary: string;
  readonly detail?: string;
  readonly argument?: { readonly flags: string; readonly description: string };
  readonly options?: readonly OptionSpec[];
  /** What -o takes; `OUTPUTS` when it is not given. */
  readonly outputs?: readonly OutputFormat[];
  readonly examples: readonly string[];
  readonly exitCodes: readonly (readonly [number, string])[];
};

export const FAILED = [1, 'failed; standard error says why and what to do'] as const;
export const YES = { flags: '-y, --yes', description: 'do not ask; required without a terminal' };
export const USAGE = [2, 'the command line is wrong'] as const;
export const usual = (done: string) => [[0, done], FAILED, USAGE] as const;
