import { allLabels } from '../../domain/distributions/names.ts';
import { COMMANDS, type CommandSpec, GLOBAL_OPTIONS, GROUPS } from '../command-catalogue.ts';
import { type Paint, plain } from './paint.ts';
import { wrap } from './table.ts';

type Look = { paint: Paint; width: number };
type Row = [term: string, meaning: string];

/** The help of a command ("config check"), of a group ("config") or of certagent (""); null: unknown. */
export function helpText(name: string, options: { paint?: Paint; width?: number } = {}): string | null {
  const look = { paint: options.paint ?? plain, width: Math.min(options.width ?? WIDEST, WIDEST) };
  const spec = COMMANDS.find((one) => one.name === name);
  const blocks = spec !== undefined ? ofCommand(spec, look) : ofSeveral(name, look);
  return blocks === null ? null : `${blocks.join('\n\n')}\n`;
}

const WIDEST = 100;

function ofCommand(spec: CommandSpec, look: Look): string[] {
  const { name, summary, detail, argument, options = [], examples, exitCodes } = spec;
  const usage = ['certagent', name, '[options]', ...(argument === undefined ? [] : [argument.flags])].join(' ');
  return [
    prose(sentence(summary), look),
    ...(detail === undefined ? [] : [prose(detail, look)]),
    `${look.paint('bold', 'Usage:')} ${usage}`,
    ...(argument === undefined ? [] : [section('Arguments', [[argument.flags, argument.description]], look)]),
    ...(options.length === 0 ? [] : [section('Options', options.map(optionRow), look)]),
    section('Global options', GLOBAL_OPTIONS.map(optionRow), look),
    section(
      'Examples',
      examples.map((example): Row => [example, '']),
      look,
    ),
    section(
      'Exit codes',
      exitCodes.map(([code, meaning]): Row => [String(code), meaning]),
      look,
    ),
  ];
}

/** Of a group, or of everything. */
function ofSeveral(name: string, look: Look): string[] | null {
  if (name !== '' && GROUPS[name] === undefined) return null;
  const specs = COMMANDS.filter((spec) => name === '' || spec.name.startsWith(`${name} `));
  const summary = name === '' ? ABOUT : sentence(GROUPS[name]!);
  return [
    prose(summary, look),
    `${look.paint('bold', 'Usage:')} certagent ${name === '' ? '' : `${name} `}<command> [options]`,
    section(
      'Commands',
      specs.map(({ name, summary }): Row => [name, summary]),
      look,
    ),
    section('Global options', GLOBAL_OPTIONS.map(optionRow), look),
    prose('For the options, examples and exit codes of a command: certagent help COMMAND', look),
  ];
}

const ABOUT = `Watches and renews the certificates of Kubernetes nodes (${allLabels('or')}).`;

function optionRow({ flags, description, fallback }: { flags: string; description: string; fallback?: unknown }): Row {
  // Long options are aligned, with and without a short form.
  const aligned = flags.startsWith('--') ? `    ${flags}` : flags;
  return [aligned, fallback === undefined ? description : `${description} (default: ${fallback})`];
}

function section(title: string, rows: Row[], { paint, width }: Look): string {
  const widest = Math.max(...rows.map(([term]) => term.length));
  const left = widest + 4;
  const lines = rows.flatMap(([term, meaning]) => {
    const [first = '', ...more] = wrap(meaning, Math.max(width - left, 24));
    return [`  ${term.padEnd(widest)}  ${first}`.trimEnd(), ...more.map((line) => ' '.repeat(left) + line)];
  });
  return [paint('bold', `${title}:`), ...lines].join('\n');
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function prose(text: string, { width }: Look): string {
  return wrap(text, width).join('\n');
}
