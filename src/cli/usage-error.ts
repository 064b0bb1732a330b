import { nearest, suggestion } from '../config/nearest.ts';
import type { CertagentError } from '../domain/model/errors.ts';
import { short } from '../domain/text/printable.ts';
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from './command-catalogue.ts';
import { usage } from './context.ts';
import { readFlags } from './flags.ts';
import type { Fault } from './parse.ts';

/** The error for a command line that is wrong; `name` is the command or the group that it names. */
export function usageError(fault: Fault, name: string): CertagentError {
  return usage(message(fault, name), `Run ${helpFor(name)} for the options and arguments.`);
}

function message(fault: Fault, name: string): string {
  switch (fault.kind) {
    case 'unknown-command':
      return `unknown command ${quoted(fault.word)}${meant(fault.word, names())}`;
    case 'extra-word':
      return `too many arguments for certagent ${name}: ${quoted(fault.word)}`;
    case 'unknown-option':
      return COMMANDS.some((spec) => spec.name === name) || !isOptionOfSome(fault.option)
        ? `unknown option ${quoted(fault.option)}${meant(fault.option, optionsOf(name))}`
        : `option ${quoted(fault.option)} must follow its command`;
    case 'value-missing':
      return `option ${quoted(fault.option)} needs a value`;
    case 'value-unwanted':
      return `option ${quoted(fault.option)} takes no value`;
  }
}

const quoted = (word: string): string => `'${short(word, 60)}'`;

function meant(word: string, candidates: string[]): string {
  const begun = word.length < SHORTEST ? undefined : candidates.find((candidate) => candidate.startsWith(word));
  return suggestion(begun ?? nearest(word, candidates));
}

/** "--warn" begins "--warning"; fewer letters would begin too many. */
const SHORTEST = 4;

function isOptionOfSome(option: string): boolean {
  return COMMANDS.some(({ options = [] }) =>
    options.some(({ flags }) => option === `--${readFlags(flags).long}` || option === `-${readFlags(flags).short}`),
  );
}

function names(): string[] {
  return [...COMMANDS.map(({ name }) => name), ...Object.keys(GROUPS)];
}

function optionsOf(name: string): string[] {
  const own = COMMANDS.find((spec) => spec.name === name)?.options ?? [];
  return [...own, ...GLOBAL_OPTIONS].map(({ flags }) => `--${readFlags(flags).long}`);
}

function helpFor(name: string): string {
  return name !== 'help' && names().includes(name) ? `certagent ${name} --help` : 'certagent --help';
}
