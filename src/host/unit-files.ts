import { readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { rulesOf } from '../domain/distributions/index.ts';
import { DISTRIBUTION_NAMES } from '../domain/distributions/names.ts';
import { names, text } from './quiet-reads.ts';
import type { Root } from './root.ts';
import { environmentAssignments, serviceAssignments, withSpecifiers, withVariables, words } from './unit-text.ts';

/** A unit according to its file, drop-ins and environment files; the state that systemd has loaded may differ. */
export type UnitFile = {
  /** Without ".service". */
  name: string;
  /** Of ExecStart, from the program on; empty where the unit is not on the node. */
  argv: string[];
  environment: ReadonlyMap<string, string>;
  isEnabled: boolean;
};

/** The names of the service units that may run a node, and the units that systemd starts at boot. */
export type UnitList = { names: string[]; enabled: ReadonlySet<string> };

/** Where units are; the first directory wins. */
const OF_OPERATORS = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system'];
const OF_PACKAGES = ['/usr/lib/systemd/system', '/lib/systemd/system'];
const DIRECTORIES = [...OF_OPERATORS, ...OF_PACKAGES];

/** Packages install units under their own names only; what an operator installs may have any name. */
const PACKAGED = new RegExp(
  [
    ...DISTRIBUTION_NAMES,
    ...DISTRIBUTION_NAMES.flatMap((name) => Object.values(rulesOf(name).roles).map((r) => r.unit)),
  ].join('|'),
);

export async function listUnits(root: Root): Promise<UnitList> {
  const [operators, packages] = await Promise.all([services(root, OF_OPERATORS), services(root, OF_PACKAGES)]);
  const found = new Set([...operators, ...packages.filter((name) => PACKAGED.test(name))]);
  return { names: [...found].sort(), enabled: await enabledUnits(root) };
}

async function services(root: Root, directories: string[]): Promise<string[]> {
  const lists = await Promise.all(
    directories.map(async (directory) => {
      const files = (await names(root, directory)).filter((name) => name.endsWith('.service'));
      const own = await Promise.all(files.map((file) => isAlias(root, directory, file)));
      return files.filter((_, index) => !own[index]).map((name) => name.slice(0, -'.service'.length));
    }),
  );
  return lists.flat();
}

/** A link to a unit of another name; a link to a file of the same name is where the unit is kept. */
async function isAlias(root: Root, directory: string, file: string): Promise<boolean> {
  const target = await readlink(root.at(`${directory}/${file}`)).catch(() => null);
  return target !== null && basename(target) !== file;
}

async function enabledUnits(root: Root): Promise<Set<string>> {
  const lists = await Promise.all(
    OF_OPERATORS.map(async (directory) => {
      const targets = (await names(root, directory)).filter((name) => /\.(wants|requires)$/.test(name));
      return (await Promise.all(targets.map((target) => names(root, `${directory}/${target}`)))).flat();
    }),
  );
  return new Set(lists.flat().map((name) => name.replace(/\.service$/, '')));
}

/** The units that run a program, whatever their names; a unit of the program's own name runs it, if only by a script. */
export async function unitsThatRun(
  root: Root,
  { names: all, enabled }: UnitList,
  program: string,
): Promise<UnitFile[]> {
  const found = await Promise.all(
    all.map(async (name): Promise<UnitFile[]> => {
      const unit = await readUnit(root, name, program);
      return unit === null ? [] : [{ ...unit, name, isEnabled: enabled.has(name) }];
    }),
  );
  return found.flat();
}

/** The command line of the unit named like its program by its drop-ins alone: its own file is where certagent does not look. */
export async function commandOfDropIns(root: Root, program: string): Promise<string[]> {
  return (await readUnit(root, program, program, ''))?.argv ?? [];
}

async function readUnit(
  root: Root,
  name: string,
  program: string,
  otherwise: string | null = null,
): Promise<Pick<UnitFile, 'argv' | 'environment'> | null> {
  const main = (await firstText(root, DIRECTORIES, `${name}.service`)) ?? otherwise;
  // Spares the drop-ins of all the other units of a machine.
  if (main === null || !(main.includes(program) || name.includes(program))) return null;
  const { commands, environment } = await startOf(root, name, main);
  for (const command of commands) {
    const started = startedProgram(command, program);
    if (started !== null) return { argv: started.argv, environment: new Map([...environment, ...started.environment]) };
  }
  return name === program && commands[0] !== undefined ? { argv: commands[0], environment } : null;
}

/** Every command that a unit starts, whatever its program; empty where the unit is not on the node. */
export async function commandsOf(root: Root, name: string): Promise<string[][]> {
  const main = await firstText(root, DIRECTORIES, `${name}.service`);
  return main === null ? [] : (await startOf(root, name, main)).commands;
}

async function startOf(root: Root, name: string, main: string) {
  const assignments = [main, ...(await dropIns(root, name))].flatMap(serviceAssignments);
  const environment = await environmentOf(root, name, assignments);
  const commands = afterReset(assignments, 'ExecStart').map((command) =>
    withVariables(
      words(command).map((word) => withSpecifiers(word, name)),
      environment,
    ),
  );
  return { commands, environment };
}

async function firstText(root: Root, directories: string[], file: string): Promise<string | null> {
  for (const directory of directories) {
    const found = await text(root, `${directory}/${file}`);
    if (found !== null) return found;
  }
  return null;
}

/** In the order of their names, whatever their directories; of equal names the first directory's. */
async function dropIns(root: Root, unit: string): Promise<string[]> {
  const dashes = [...unit.matchAll(/-/g)].map(({ index }) => `${unit.slice(0, index + 1)}.service.d`);
  const files = new Map<string, string>();
  // Drop-ins for more units have lower priority.
  for (const kind of [`${unit}.service.d`, ...dashes.reverse(), 'service.d']) {
    for (const directory of DIRECTORIES) {
      for (const file of await names(root, `${directory}/${kind}`))
        if (file.endsWith('.conf') && !files.has(file)) files.set(file, `${directory}/${kind}/${file}`);
    }
  }
  const paths = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return (await Promise.all(paths.map((path) => text(root, path)))).flatMap((found) => found ?? []);
}

/** The values of a key; an empty one resets those before it. */
function afterReset(assignments: [string, string][], key: string): string[] {
  const values = assignments.filter(([name]) => name === key).map(([, value]) => value);
  return values.slice(values.lastIndexOf('') + 1);
}

/** `Environment=`, then the environment files, which override it. */
async function environmentOf(root: Root, unit: string, assignments: [string, string][]): Promise<Map<string, string>> {
  const environment = new Map<string, string>();
  for (const word of afterReset(assignments, 'Environment').flatMap(words)) {
    const [name, value] = withSpecifiers(word, unit).split(/=(.*)/s);
    if (value !== undefined) environment.set(name!, value);
  }
  for (const named of afterReset(assignments, 'EnvironmentFile')) {
    const path = withSpecifiers(named.replace(/^-/, ''), unit);
    for (const [name, value] of environmentAssignments((await text(root, path)) ?? '')) environment.set(name, value);
  }
  return environment;
}

/** The command line from the program on, where the command runs it: by itself, by `env NAME=value`, or by a shell. */
function startedProgram(
  command: string[],
  program: string,
): { argv: string[]; environment: [string, string][] } | null {
  const shell = command.findIndex((word) => /^-[a-z]*c$/.test(word));
  const isShell = /^(ba|da|)sh$/.test(basename(command[0] ?? '')) && shell > 0;
  const argv = isShell ? words(command[shell + 1] ?? '') : command;
  const isAssignment = (word: string) => /^[A-Za-z_][A-Za-z0-9_]*=/.test(word);
  const at = argv.findIndex((word) => !isAssignment(word) && basename(word.replace(/^[-@:+!|]+/, '')) === program);
  if (at < 0) return null;
  const environment = argv.slice(0, at).flatMap((word): [string, string][] => {
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(word);
    return match === null ? [] : [[match[1]!, match[2]!]];
  });
  return { argv: argv.slice(at), environment };
}
