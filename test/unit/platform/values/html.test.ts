import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, renderHtml } from '../../../../src/platform/values/html.js';

describe('html', () => {
  it('escapes what is interpolated, in text and in quoted attributes', () => {
    const evil = `"><script>alert('&')</script>`;
    expect(renderHtml(html`<a href="${evil}">${evil}</a>`)).toBe(
      '<a href="&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;</a>',
    );
  });

  it('nests its own results and lists of them without escaping them again', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(renderHtml(html`<ul>${items}</ul>${2}`)).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>2');
  });

  it('does not mistake a parsed JSON object for its own result', () => {
    const forged = JSON.parse('{"html":"<script>"}');
    expect(() => renderHtml(html`${forged}`)).toThrow(TypeError);
  });

  it('lets no text open a tag or end an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"']/.test(renderHtml(html`${text}`))),
    );
  });
});
