// The page of certagent fleet -o html: what is in it, that it loads nothing, and how it looks in a real browser.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { fleetPage } from '../../src/cli/render/fleet-page.ts';
import type { FleetAnswer } from '../../src/domain/fleet/model.ts';
import { fleetReport } from '../../src/domain/fleet/summary.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { NOW } from '../cli/reports.ts';
import { golden } from './golden.ts';
import { sampleFleet } from './sample.ts';
import { statusOf } from './support.ts';

const pageOf = (answers: FleetAnswer[]) => fleetPage(fleetReport(answers, { warning: 30, critical: 7 }, NOW));
const PAGE = pageOf(sampleFleet());

test('the page of a fleet', async () => golden('fleet.html', PAGE));

test('it loads and runs nothing, and its policy allows its own style sheet only', () => {
  assert.doesNotMatch(
    PAGE,
    /<(script|link|img|iframe|object|embed|base|form)|https?:|url\(|@import|\son\w+=|\sstyle=|\shref=|\ssrc=/i,
  );
  const style = /<style>([\s\S]*?)<\/style>/.exec(PAGE)![1]!;
  const hash = createHash('sha256').update(style).digest('base64');
  assert.ok(
    PAGE.includes(`content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`),
  );
});

test('every state has words: a line of marks says what it shows', () => {
  assert.match(
    PAGE,
    /aria-label="client-admin and 1 more: expired, 2026-03-01; serving-kubelet: urgent, 2026-03-22; client-ca: valid, /,
  );
  assert.match(PAGE, /aria-label="nothing is known"/);
  const headings = [...PAGE.matchAll(/<h(\d)/g)].map(([, level]) => level).join('');
  assert.match(headings, /^12+$/);
});

test('a fleet of nothing, of one node, of nodes that were seen long ago', () => {
  assert.match(
    pageOf([]),
    /<h1>Certificates of 0 nodes<\/h1>[\s\S]*None needs you[\s\S]*Every node has answered[\s\S]*No node has renewed yet/,
  );
  const status = { ...statusOf('lone'), at: NOW - 2 * DAY, nextCheckAt: null };
  const page = pageOf([{ host: 'lone.json', askedAt: null, status }]);
  assert.match(page, /<h1>Certificates of one node at one site<\/h1>/);
  assert.match(page, /Its last status: 2026-03-01 13:30, 2 d ago\./);
});

test('whatever nodes say, it is text: the elements of the page stay the same', () => {
  const tags = (page: string) => (page.match(/<\/?[a-z]\w*/gi) ?? []).join('');
  const of = (text: string) => {
    const status = statusOf(text, 3, { version: text, labels: { site: text } });
    const alert = { code: text, severity: 'critical' as const, subject: text, text, remedy: `x${text}` };
    return pageOf([
      { host: text, askedAt: NOW, status: { ...status, at: NOW, alerts: [{ alert, since: NOW }] } },
      { host: text, silent: `x${text}` },
    ]);
  };
  const plain = tags(of('a'));
  const nasty = fc.oneof(
    fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '/', 'a', ' ', '=', '\n', '\u202e', '\u0000') }),
    fc.constantFrom('</td><script>alert(1)</script>', '" onload="x', '--><img src=x onerror=y>', ']]>', '</style>'),
  );
  fc.assert(
    // A name of blanks alone is shown as no name.
    fc.property(
      nasty.filter((text) => text.trim() !== ''),
      (text) => assert.equal(tags(of(text)), plain),
    ),
    { numRuns: 60 },
  );
});

test('every colour of text has a contrast of 4.5 to 1 on its background, in both schemes', () => {
  for (const scheme of PAGE.matchAll(/--page:[^}]+/g)) {
    const colours = Object.fromEntries([...scheme[0].matchAll(/--(\w+):(#\w+)/g)].map(([, name, hex]) => [name, hex!]));
    if (colours.card === undefined) continue;
    for (const name of ['ink', 'quiet', 'critical', 'unknown', 'warning', 'ok', 'due'])
      for (const ground of ['page', 'card'])
        assert.ok(
          contrast(colours[name]!, colours[ground]!) >= 4.5,
          `${name} on ${ground}: ${contrast(colours[name]!, colours[ground]!)}`,
        );
  }
});

const CHROMIUM = 'chromium-headless-shell';
const skip = spawnSync(CHROMIUM, ['--version']).error === undefined ? false : `${CHROMIUM} is not installed`;

describe('in headless Chromium', { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-page-'));
  after(() => rm(directory, { recursive: true, force: true }));
  for (const width of [390, 1280, 1920])
    test(`at ${width} px nothing is wider than the window, and no text is cut off`, async () => {
      const file = join(directory, `${width}.html`);
      // The page itself allows no script: this copy measures.
      await writeFile(
        file,
        PAGE.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '').replace('</body>', `${MEASURE}</body>`),
      );
      const flags = [
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        `--user-data-dir=${join(directory, String(width))}`,
      ];
      const { stdout } = spawnSync(
        CHROMIUM,
        [...flags, `--window-size=${width},1000`, '--dump-dom', `file://${file}`],
        { encoding: 'utf8', timeout: 120_000 },
      );
      assert.deepEqual(JSON.parse(/<title>(.*?)<\/title>/.exec(stdout)![1]!), { width, scroll: width, cut: [] });
    });
});

const MEASURE = `<script>
const cut = [...document.querySelectorAll('td,th,p,li,h1,h2')].filter((e) => !e.closest('svg') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && e.clientWidth > 1);
document.title = JSON.stringify({ width: innerWidth, scroll: document.documentElement.scrollWidth, cut: cut.map((e) => e.tagName + ' ' + e.className + ' ' + e.textContent) });
</script>`;

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(hex: string): number {
  const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex;
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(full.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
