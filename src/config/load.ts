import { CertagentError } from '../domain/model/errors.ts';
import { printableJson, short } from '../domain/text/printable.ts';
import { readTextIfThere } from '../host/files.ts';
import { problemsOf } from './problems.ts';
import { brokenRules, type Problem } from './rules.ts';
import { type Config, schema } from './schema.ts';
import { type KeyPath, parseToml } from './toml.ts';

/** One fault of a configuration. `line` counts from 1; null when the fault has no place in the text. */
export type ConfigProblem = { line: number | null; key: string; message: string };

/** A configuration that is refused, with all its faults. Values are never quoted: one may be a secret put in the wrong place. */
export class ConfigError extends CertagentError {
  readonly file: string;
  readonly problems: ConfigProblem[];
  /** What is valid, with defaults for the rest; null: the text is not even TOML. */
  readonly rest: Config | null;
  /** What would fail later, for who asked for that. */
  readonly warnings: ConfigProblem[];

  constructor(
    file: string,
    problems: ConfigProblem[],
    { rest = null, warnings = [] }: { rest?: Config | null; warnings?: ConfigProblem[] } = {},
  ) {
    const parts = [`${file} is refused, ${listed(problems, 'error')}`];
    if (warnings.length > 0) parts.push(`Besides, ${listed(warnings, 'warning')}`);
    super('CONFIG_REFUSED', parts.join('\n'), {
      remedy: 'Correct the file, then check it again: certagent config check',
    });
    this.file = file;
    this.problems = problems;
    this.rest = rest;
    this.warnings = warnings;
  }
}

/** "2 errors:", and each in a line of its own. */
export function listed(problems: ConfigProblem[], what: 'error' | 'warning'): string {
  const count = problems.length === 1 ? `one ${what}` : `${problems.length} ${what}s`;
  return [`${count}:`, ...problems.map((problem) => `  ${describeProblem(problem)}`)].join('\n');
}

/** "line 4: windows.opens is not a duration …" */
export function describeProblem({ line, key, message }: ConfigProblem): string {
  return [line === null ? '' : `line ${line}: `, key === '' ? '' : `${key} `, message].join('');
}

/**
 * The configuration at `path` (a path of this machine), every key filled in; a missing file is an empty one.
 * Throws ConfigError with every fault, or the operating system's error when the file cannot be read.
 */
export async function loadConfig(path: string): Promise<Config> {
  return parseConfig((await readTextIfThere(path)) ?? '', path);
}

/** As `loadConfig`, of a text; `file` is what errors call it. */
export async function parseConfig(text: string, file: string): Promise<Config> {
  const parsed = parseToml(text);
  if ('problem' in parsed) {
    const { line, path, message } = parsed.problem;
    throw new ConfigError(file, [{ line, key: dotted(path), message }]);
  }
  const { data } = parsed;
  const checked = schema.safeParse(data);
  const problems = checked.success ? [] : problemsOf(checked.error.issues, data);
  const config = checked.success ? checked.data : withoutFaults(data, problems);
  problems.push(
    ...(await brokenRules(config)).filter(({ path }) => !problems.some((other) => covers(other.path, path))),
  );
  if (problems.length === 0) return config;
  throw refusal(text, file, problems, config);
}

/** Whether a text that `parseConfig` accepts has the key `mode`, or leaves it to the default. */
export function setsMode(text: string): boolean {
  const parsed = parseToml(text);
  return 'data' in parsed && Object.hasOwn(parsed.data, 'mode');
}

/** The error for a text with these problems, each with its line. `rest`: what of it is valid. */
export function refusal(text: string, file: string, problems: Problem[], rest: Config): ConfigError {
  return new ConfigError(file, located(text, problems), { rest });
}

/** Problems with their lines, in the order of the text. */
export function located(text: string, problems: Problem[]): ConfigProblem[] {
  const parsed = parseToml(text);
  const lineOf = 'problem' in parsed ? () => null : parsed.lineOf;
  return problems
    .map(({ path, also = [], message }) => {
      const lines = [path, ...also].map(lineOf).filter((line) => line !== null);
      return { line: lines[0] ?? null, key: dotted(path), message };
    })
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** The valid part of a configuration, with defaults for the rest, so that the rules between keys are checked too. */
function withoutFaults(data: Record<string, unknown>, problems: Problem[]): Config {
  const rest = structuredClone(data);
  for (const { path } of problems) {
    // A sink lacking a key cannot be kept, and without it the others' numbers would not fit: the whole list goes.
    const names = path.slice(0, path.findIndex((part) => typeof part === 'number') >>> 0);
    const last = names.pop();
    let table: Record<string, unknown> | undefined = rest;
    for (const name of names) table = table?.[name] as Record<string, unknown> | undefined;
    if (table !== undefined && last !== undefined) delete table[last];
  }
  const checked = schema.safeParse(rest);
  return checked.success ? checked.data : schema.parse({});
}

/** True when a fault at `path` already covers everything at `other`. */
function covers(path: KeyPath, other: KeyPath): boolean {
  return path.every((part, index) => part === other[index]);
}

/** windows.opens, alerts.email[0].host */
function dotted(path: KeyPath): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? keyText(part) : `${text}.${keyText(part)}`,
    '',
  );
}

/** As TOML would write it: a quoted key can contain anything, line breaks too. */
function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? short(key, 100) : printableJson(JSON.stringify(short(key, 100)));
}
