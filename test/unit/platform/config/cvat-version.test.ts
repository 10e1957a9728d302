import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/platform/config/load.js';

describe('CVAT_VERSION', () => {
  it('is 2.62.0 if it is not set, and can be the tag of an image of CVAT', () => {
    const read = (env: Readonly<Record<string, string>>) => loadConfig(env).CVAT_VERSION;
    expect([read({}), read({ CVAT_VERSION: '2.74.1' }), read({ CVAT_VERSION: 'v2.80.0' })]).toEqual([
      '2.62.0',
      '2.74.1',
      '2.80.0',
    ]);
  });

  it.each(['dev', '2.61.0', '2.81.0', 'vv2.62.0', '2.62'])('stops the start if it is %s', (version) => {
    expect(() => loadConfig({ CVAT_VERSION: version })).toThrow(
      /CVAT_VERSION is ".+": it must be a release of CVAT from 2\.62\.0 to 2\.80, such as 2\.62\.0/,
    );
  });
});
