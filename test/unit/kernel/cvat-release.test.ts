import { describe, expect, it } from 'vitest';
import { cvatReleaseOf, DEFAULT_CVAT_VERSION, versionProblem } from '../../../src/kernel/cvat-release.js';

describe('a release of CVAT', () => {
  it('is one from 2.62.0 to 2.80', () => {
    const known = [DEFAULT_CVAT_VERSION, '2.62.1', '2.74.1', '2.80.0', '2.80.12'];
    expect(known.map(versionProblem)).toEqual(known.map(() => undefined));
    for (const version of [
      '2.61.9',
      '2.81.0',
      '2.620.0',
      '2.62',
      '2.62.0-dev',
      ' 2.62.0',
      'v2.62.0',
      '3.62.0',
      '',
    ])
      expect(versionProblem(version), version).toBe(
        'it must be a release of CVAT from 2.62.0 to 2.80, such as 2.62.0',
      );
  });

  it('has what was added up to it, whatever its patch level', () => {
    expect(cvatReleaseOf('2.64.9').has('filtersByState')).toBe(false);
    expect(cvatReleaseOf('2.65.0').has('filtersByState')).toBe(true);
    expect(cvatReleaseOf('2.80.0').has('filtersByState')).toBe(true);
    expect(cvatReleaseOf(DEFAULT_CVAT_VERSION).has('countsPasswordCharacters')).toBe(false);
  });
});
