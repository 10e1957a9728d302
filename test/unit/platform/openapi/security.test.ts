import { describe, expect, it } from 'vitest';
import { securityOf } from '../../../../src/platform/openapi/security.js';

const SESSION = { sessionAuth: [], csrfAuth: [], csrfHeaderAuth: [] };

describe('securityOf', () => {
  it('names all ways in the order of the chain, the three parts of a session together', () => {
    expect(securityOf(undefined, false)).toEqual([
      { tokenAuth: [] },
      { accessTokenAuth: [] },
      SESSION,
      { basicAuth: [] },
    ]);
    expect(securityOf('all', false)).toEqual(securityOf(undefined, false));
  });

  it('adds the empty requirement for what is public', () => {
    expect(securityOf('all', true).at(-1)).toEqual({});
    expect(securityOf('none', true)).toEqual([{}]);
  });

  it('names only the ways of a view that has few', () => {
    expect(securityOf(['access-token'], false)).toEqual([{ accessTokenAuth: [] }]);
    expect(securityOf(['token', 'session', 'basic'], false)).toEqual([
      { tokenAuth: [] },
      SESSION,
      { basicAuth: [] },
    ]);
  });
});
