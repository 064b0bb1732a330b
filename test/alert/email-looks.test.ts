// Emails in a real browser, as on a phone and on a desktop, with a light and a dark background.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { renderEmail } from '../../src/alert/email-text.ts';
import { escapeHtml } from '../../src/domain/text/html.ts';
import { MAILS } from './mail-sample.ts';

const CHROMIUM = 'chromium-headless-shell';
const skip = spawnSync(CHROMIUM, ['--version']).error === undefined ? false : `${CHROMIUM} is not installed`;
const WIDTHS = [390, 1280];
/** Values of Blink's setting, and the background that the scheme has. */
const SCHEMES = { dark: ['0', 'rgb(27, 29, 32)'], light: ['1', 'rgb(255, 255, 255)'] } as const;

describe('in headless Chromium', { skip }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-email-'));
  after(() => rm(directory, { recursive: true, force: true }));
  for (const [scheme, [setting, background]] of Object.entries(SCHEMES))
    test(`${scheme}: nothing is cut off or hard to read, and nothing of an alert is an element`, async () => {
      const file = join(directory, `${scheme}.html`);
      await writeFile(file, PAGE);
      const { stdout } = spawnSync(
        CHROMIUM,
        [
          '--no-sandbox',
          '--disable-gpu',
          '--hide-scrollbars',
          `--user-data-dir=${join(directory, scheme)}`,
          `--blink-settings=preferredColorScheme=${setting}`,
          '--virtual-time-budget=10000',
          '--dump-dom',
          `file://${file}`,
        ],
        { encoding: 'utf8', timeout: 120_000 },
      );
      const seen = JSON.parse(/<title>(.*?)<\/title>/.exec(stdout)![1]!) as Measured[];
      const expected = Object.keys(MAILS).flatMap((name) =>
        WIDTHS.map((width) => ({ name, width, scroll: width, background, cut: [], faint: [], strange: 0 })),
      );
      assert.deepEqual(seen, expected);
    });
});

type Measured = { name: string; width: number; scroll: number; cut: string[]; faint: string[]; strange: number };

const FRAMES = Object.entries(MAILS).flatMap(([name, mail]) =>
  WIDTHS.map(
    (width) =>
      `<iframe name="${name}" style="width:${width}px;height:800px;border:0" srcdoc="${escapeHtml(renderEmail(mail).html)}"></iframe>`,
  ),
);

/** Each email in a window of its own. The contrast is WCAG 2.2's. */
const PAGE = `<!DOCTYPE html><html><head><meta charset="utf-8"><style>:root{color-scheme:light dark}</style><title></title></head><body>
${FRAMES.join('\n')}
<script>
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = (colour) => {
  const [r, g, b] = numbers(colour).slice(0, 3).map((n) => n / 255 <= 0.04045 ? n / 255 / 12.92 : ((n / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
};
const ground = (e) => {
  const { backgroundColor } = getComputedStyle(e);
  return numbers(backgroundColor)[3] === 0 ? ground(e.parentElement) : backgroundColor;
};
addEventListener('load', () => {
  document.title = JSON.stringify([...document.querySelectorAll('iframe')].map((frame) => {
    const { body, documentElement } = frame.contentDocument;
    const all = [...body.querySelectorAll('*')];
    const ownText = all.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== ''));
    return {
      name: frame.name,
      width: frame.contentWindow.innerWidth,
      scroll: documentElement.scrollWidth,
      background: getComputedStyle(body).backgroundColor,
      cut: all.filter((e) => e.getBoundingClientRect().right > documentElement.clientWidth || (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1)).map((e) => e.outerHTML),
      faint: ownText.filter((e) => contrast(getComputedStyle(e).color, ground(e)) < 4.5).map((e) => e.outerHTML),
      strange: body.querySelectorAll('script, img, iframe, b').length,
    };
  }));
});
</script></body></html>`;
