import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeAngles, escapeHtml } from '../../../src/domain/text/html.ts';

test('text for HTML has no character that means something there', () => {
  assert.equal(escapeHtml(`<a href="x">'&'</a>`), '&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;');
});

test('text for Slack and Telegram keeps its quotes', () => {
  assert.equal(escapeAngles(`<a> "b" & 'c'`), `&lt;a&gt; "b" &amp; 'c'`);
});
