// npm run pictures: pictures of a terminal (docs/*.svg), drawn from what certagent prints on a throw-away node, and
// those of certagent fleet's page and of an email (docs/fleet-*.png, docs/email-*.png), as headless Chromium shows them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderEmail } from '../src/alert/email-text.ts';
import { fleetPage } from '../src/cli/render/fleet-page.ts';
import { fleetReport } from '../src/domain/fleet/summary.ts';
import { DAY, MINUTE } from '../src/domain/time/duration.ts';
import { MAILS } from '../test/alert/mail-sample.ts';
import { NOW } from '../test/cli/reports.ts';
import { sampleFleet } from '../test/fleet/sample.ts';
import { makeNode } from '../testnode/node.ts';
import { PROJECT } from './project.ts';
import { run } from './run.ts';

const CERTAGENT = join(PROJECT, 'bin/certagent');
const DOCS = join(PROJECT, 'docs');
const COLUMNS = 112;

/** What is shown, in this order: the renewal changes the node. */
const PICTURES: { name: string; words: string[]; from?: string }[] = [
  { name: 'status', words: ['status'] },
  { name: 'plan', words: ['plan', '--now'] },
  // The plan, which it shows first, has a picture already.
  { name: 'renew', words: ['renew', '--yes'], from: '[ 1/' },
];

/** Where the components of a real node listen. Here these ports may be in use; random ones would change each picture. */
const PORTS = { apiserver: '(6443)', etcd: '(2379)', etcdPeer: '(2380)' };

/** Width and height of the window. */
const WINDOWS = [
  [390, 1000],
  [1280, 1000],
  [1920, 1080],
] as const;
const CHROMIUM = 'chromium-headless-shell';
/** Blink's numbers for what a page can ask for with prefers-color-scheme. */
const SCHEMES = { dark: 0, light: 1 };

type Style = { fill: string; bold: boolean };
type Piece = Style & { text: string; column: number };

const SIZE = 14;
const ADVANCE = 8.4;
const LEADING = 19;
const MARGIN = 18;
const PLAIN: Style = { fill: '#d6dbe3', bold: false };
/** SGR parameters (ECMA-48, 8.3.117) that certagent writes; any other changes nothing. */
const COLOURS: Record<number, string> = {
  2: '#8b94a3',
  22: PLAIN.fill,
  31: '#f4726c',
  32: '#7ec98f',
  33: '#e5c07b',
  34: '#6fb3f2',
  36: '#62c6d0',
  39: PLAIN.fill,
  90: '#8b94a3',
};

const directory = await mkdtemp(join(tmpdir(), 'certagent-pictures-'));
await mkdir(DOCS, { recursive: true });
await fleetPictures();
await emailPictures();
const root = join(directory, 'node');
const node = await makeNode({ root, kind: 'kubeadm', leafEnds: Date.now() + 60 * DAY + 10 * MINUTE, speed: 0.2 });
let daemon: ReturnType<typeof spawn> | undefined;
try {
  await node.start();
  daemon = spawn(CERTAGENT, ['--root', root, 'run'], { stdio: 'ignore' });
  while (!onTerminal(['status']).includes('by the daemon')) await sleep(500);
  for (const { name, words, from = '' } of PICTURES) {
    const all = onTerminal(words).trimEnd();
    const said = `$ certagent ${words.join(' ')}\n${all.slice(Math.max(all.indexOf(from), 0))}`;
    await writeFile(join(DOCS, `${name}.svg`), picture(`certagent ${name}`, said));
    console.log(`docs/${name}.svg`);
  }
} finally {
  // It writes its state until it exits.
  if (daemon?.kill()) await once(daemon, 'exit');
  await node.remove();
  await rm(directory, { recursive: true, force: true });
}

async function fleetPictures(): Promise<void> {
  const page = fleetPage(fleetReport(sampleFleet(), { warning: 30, critical: 7 }, NOW));
  for (const [width, height] of WINDOWS) await photograph(`fleet-${width}.png`, page, { width, height });
}

async function emailPictures(): Promise<void> {
  const { html } = renderEmail(MAILS.critical!);
  await photograph('email-390.png', html, { width: 390, height: 490, scheme: 'dark' });
  await photograph('email-1280.png', html, { width: 1280, height: 345 });
}

type Window = { width: number; height: number; scheme?: keyof typeof SCHEMES };

/** Debian: apt install chromium-headless-shell. */
async function photograph(file: string, html: string, { width, height, scheme = 'light' }: Window): Promise<void> {
  const page = join(directory, 'page.html');
  await writeFile(page, html);
  const shown = [`--window-size=${width},${height}`, `--blink-settings=preferredColorScheme=${SCHEMES[scheme]}`];
  const flags = ['--no-sandbox', '--disable-gpu', '--hide-scrollbars', ...shown];
  run(CHROMIUM, [...flags, `--screenshot=${join(DOCS, file)}`, `file://${page}`]);
  console.log(`docs/${file}`);
}

/** What a command writes to a terminal of its own. Standard error goes through a pipe: no line is drawn over another. */
function onTerminal(words: string[]): string {
  const command = `'${CERTAGENT}' --root '${root}' ${words.join(' ')}`;
  const shown = `stty cols ${COLUMNS}; { ${command} 2>&1 >&3 | cat; } 3>&1`;
  // Without the end of input that script(1) echoes.
  const said = run('script', ['--quiet', '--return', '--command', shown, '/dev/null'], { env: { TERM: 'xterm' } });
  let text = said
    .replaceAll('\r', '')
    .replaceAll(root, '')
    .replace(/^\^D\x08*/, '');
  for (const [name, port] of Object.entries(PORTS)) text = text.replaceAll(`(${node.ports[name]})`, port);
  return text;
}

/** Text with colour sequences as an SVG. Each piece is set at its column, so that any monospaced font will do. */
function picture(title: string, text: string): string {
  const lines = piecesOf(text);
  const widest = Math.max(...lines.flat().map(({ text: { length }, column }) => column + length));
  const [width, height] = [Math.ceil(widest * ADVANCE) + 2 * MARGIN, lines.length * LEADING + 2 * MARGIN];
  const drawn = lines.flatMap((pieces, row) =>
    pieces.map(({ text, column, fill, bold }) => {
      const x = (MARGIN + column * ADVANCE).toFixed(1);
      const y = MARGIN + row * LEADING + SIZE;
      const long = (text.length * ADVANCE).toFixed(1);
      const weight = bold ? ' font-weight="bold"' : '';
      return `<text x="${x}" y="${y}" textLength="${long}" fill="${fill}"${weight}>${escaped(text)}</text>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#1b2028"/>`,
    `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${SIZE}">`,
    ...drawn,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Lines of pieces, each in one style and without wide blanks, which need not be drawn. */
function piecesOf(text: string): Piece[][] {
  let style = PLAIN;
  return text
    .split('\n')
    .flatMap(broken)
    .map((line) => {
      const pieces: Piece[] = [];
      let column = 0;
      for (const part of line.split(/(\x1b\[[\d;]*m| {2,})/)) {
        if (part.startsWith('\x1b')) style = styled(style, part.slice(2, -1).split(';').map(Number));
        else {
          // SVG drops leading and trailing blanks.
          const indent = part.length - part.trimStart().length;
          if (part.trim() !== '') pieces.push({ ...style, text: part.trim(), column: column + indent });
          column += part.length;
        }
      }
      return pieces;
    });
}

/** As a terminal breaks what is too long; lines with colours are broken by certagent itself. */
function broken(line: string): string[] {
  return line.includes('\x1b') ? [line] : (line.match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? ['']);
}

function styled(before: Style, codes: number[]): Style {
  let { fill, bold } = before;
  for (const code of codes) {
    if (code === 0) ({ fill, bold } = PLAIN);
    else if (code === 1 || code === 22) bold = code === 1;
    fill = COLOURS[code] ?? fill;
  }
  return { fill, bold };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
