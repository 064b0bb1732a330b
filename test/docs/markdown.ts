// What tests read of a page: its fenced code, its commands, its links and its headings.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../build/project.ts';

export type Page = { path: string; text: string };
export type Block = { language: string; text: string };

/** Every page that people read, as a path in the project. docs/STYLE.md shows what not to write. */
export function pages(): Page[] {
  const top = readdirSync(PROJECT).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'packaging'].flatMap((directory) =>
    readdirSync(join(PROJECT, directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(directory, name)),
  );
  return [...top, ...below].sort().map((path) => ({ path, text: readFileSync(join(PROJECT, path), 'utf8') }));
}

/** Fenced blocks, also those within a list; four blanks of a paragraph of their own are code without a language. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let fence: { indent: string; language: string; lines: string[] } | null = null;
  let isAfterBlank = true;
  for (const line of text.split('\n')) {
    const mark = /^( *)```(\w*)$/.exec(line);
    if (fence !== null && mark !== null) {
      blocks.push({ language: fence.language, text: fence.lines.join('\n') });
      fence = null;
    } else if (fence !== null) fence.lines.push(line.startsWith(fence.indent) ? line.slice(fence.indent.length) : line);
    else if (mark !== null) fence = { indent: mark[1]!, language: mark[2]!, lines: [] };
    else if (/^ {4}/.test(line) && isAfterBlank) blocks.push({ language: '', text: line.trimStart() });
    if (fence === null) isAfterBlank = line.trim() === '' || (/^ {4}/.test(line) && isAfterBlank);
  }
  return blocks;
}

/** The words of each `certagent …` of a page: in code, and within a sentence. */
export function commandsOf(text: string): string[][] {
  const lines = blocksOf(text).flatMap(({ language, text: code }) => linesOf(language, code));
  // What a sentence leaves open, "certagent …", is not a command line.
  const spoken = [...withoutBlocks(text).matchAll(/`(certagent [^`…]+)`/g)].map(([, words]) =>
    words!.replace(/\s+/g, ' '),
  );
  return [...lines, ...spoken].flatMap(commandsOfLine);
}

function linesOf(language: string, code: string): string[] {
  if (language === 'console') return code.split('\n').flatMap((line) => /^[$#] (.*)/.exec(line)?.[1] ?? []);
  return ['', 'sh', 'bash'].includes(language) ? code.split('\n') : [];
}

/** "sudo certagent x | jq . # why" → one command. A quoted text is one word. */
function commandsOfLine(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [token] of line.matchAll(/"[^"]*"|'[^']*'|#.*|[|;&<>]+|[^\s|;&<>'"]+/g)) {
    if (token.startsWith('#')) break;
    if (/^[|;&<>]/.test(token)) commands.push(/^[<>]/.test(token) ? ['redirected'] : []);
    else commands.at(-1)!.push(token.replace(/^(["'])(.*)\1$/, '$2'));
  }
  return commands.flatMap((words) => {
    const [first, ...rest] = words[0] === 'sudo' || words[0] === 'npx' ? words.slice(1) : words;
    return first === 'certagent' ? [rest] : [];
  });
}

/** Where links and pictures lead, as they are written; those to other servers too. */
export function linksOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
}

/** The anchors of a page, made of its headings as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  return [...withoutBlocks(text).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

function withoutBlocks(text: string): string {
  return text.replace(/^( *)```[\s\S]*?^\1```$/gm, '');
}
