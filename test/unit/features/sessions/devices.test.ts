import { describe, expect, it } from 'vitest';
import { deviceOf } from '../../../../src/features/sessions/devices.js';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('what a User-Agent claims', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
      'Firefox 143',
      'Linux desktop',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/129.0.0.0 Safari/537.36 Edg/129.0.0.0`,
      'Microsoft Edge 129',
      'Windows desktop',
    ],
    [
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.1 Safari/605.1.15`,
      'Safari 18',
      'macOS desktop',
    ],
    [
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1`,
      'Safari 18',
      'iOS mobile',
    ],
    [
      `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${BLINK} Chrome/129.0.0.0 Mobile Safari/537.36`,
      'Chrome 129',
      'Android mobile',
    ],
    ['curl/8.5.0', null, null],
    ['OpenAPI-Generator/2.62.0/python', null, null],
    [' ', null, null],
  ])('in %s is %s on %s', (text, browser, device) => {
    expect(deviceOf(text)).toEqual({ browser, device });
  });

  it('is nothing without a text', () => {
    expect(deviceOf(null)).toEqual({ browser: null, device: null });
  });

  it.each(['__proto__/1.0 x', 'constructor/5', '(', 'Version/', 'Android ', 'like Mac OS X', '/', '0.'])(
    'is found in a moment in the hostile text %s',
    (part) => {
      const text = part.repeat(256).slice(0, 256);
      const before = performance.now();
      for (let count = 0; count < 10; count += 1) expect(typeof deviceOf(text)).toBe('object');
      expect(performance.now() - before).toBeLessThan(1000);
    },
  );
});
