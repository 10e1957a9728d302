import { describe, expect, it } from 'vitest';
import { accentProperties } from '../../../../src/platform/html/brand.js';

/** WCAG 2.2, relative luminance and contrast, written down once more to hold the colours against. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
const contrast = (a: string, b: string): number => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};

describe('the colour of a brand', () => {
  it.each([
    '#1452cc',
    '#ffff00',
    '#ffffff',
    '#000000',
    '#808080',
    '#0a7d55',
    '#ff00ff',
    '#00ffff',
    '#7f1d1d',
  ])('gives texts that can be read on light and on dark: %s', (color) => {
    const css = accentProperties(color);
    const pair = (name: string) =>
      css.match(new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`))?.slice(1) ?? [];
    const [[lightText = '', darkText = ''], [lightGround = '', darkGround = '']] = [
      pair('accent-text'),
      pair('accent-ground'),
    ];
    const on = css.match(/--on-accent: (#\w{6})/)?.[1] ?? '';
    expect(css).toContain(`--accent: ${color};`);
    expect(contrast(on, color)).toBeGreaterThanOrEqual(4.5);
    // The grounds of account.css, and the tint behind the text.
    for (const ground of ['#ffffff', '#f5f6f8', lightGround])
      expect([ground, contrast(lightText, ground) >= 4.5]).toEqual([ground, true]);
    for (const ground of ['#121417', '#1b1e23', darkGround])
      expect([ground, contrast(darkText, ground) >= 4.5]).toEqual([ground, true]);
  });
});
