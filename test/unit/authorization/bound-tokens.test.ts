import { describe, expect, it } from 'vitest';
import {
  belongingOfRows,
  boundOrganization,
  narrowFilter,
  requireBelonging,
} from '../../../src/authorization/bound-tokens.js';
import type { Caller, Credential, OrganizationContext } from '../../../src/kernel/account.js';
import { PermissionDenied } from '../../../src/kernel/errors.js';
import type { PolicyCheck } from '../../../src/kernel/policy.js';

const ACCOUNT: Caller['account'] = {
  id: 7,
  username: 'maria',
  firstName: '',
  lastName: '',
  email: '',
  groups: ['admin'],
  isStaff: true,
  isSuperuser: true,
  isActive: true,
  lastLogin: null,
  dateJoined: '2026-01-01T00:00:00Z' as Caller['account']['dateJoined'],
  hasAnalyticsAccess: true,
};
const ACME: OrganizationContext = { id: 30, slug: 'acme', ownerId: 7, role: 'owner' };
const token = (boundTo: { organizationId: number | null } | null): Credential => ({
  kind: 'access-token',
  id: 1,
  readOnly: false,
  boundTo,
  useNoted: Promise.resolve(),
});
const by = (credential: Credential, organization: OrganizationContext | null = ACME): Caller => ({
  account: ACCOUNT,
  credential,
  hasFactor: false,
  mustEnrol: false,
  organization,
});
const BOUND = token({ organizationId: 30 });

describe('boundOrganization', () => {
  it('is the organization of the token, named by the request, for an active member', () => {
    expect(boundOrganization(by(BOUND))).toBe(30);
  });

  it.each<Credential>([
    { kind: 'session', factorAt: null },
    { kind: 'token' },
    { kind: 'basic' },
    token(null),
  ])('is none for %j', (credential) => {
    for (const organization of [ACME, null])
      expect(boundOrganization(by(credential, organization))).toBeNull();
  });

  it.each([
    ['no organization', null],
    ['another one', { ...ACME, id: 31 }],
    ['one of which the owner is no active member', { ...ACME, role: null }],
  ])('refuses %s', (_what, organization) => {
    expect(() => boundOrganization(by(BOUND, organization))).toThrow(PermissionDenied);
  });

  it('refuses everything when its organization is gone', () => {
    for (const organization of [ACME, null])
      expect(() => boundOrganization(by(token({ organizationId: null }), organization))).toThrow(
        PermissionDenied,
      );
  });
});

describe('requireBelonging', () => {
  const check = (belongsTo: PolicyCheck['belongsTo']): PolicyCheck => ({
    package: 'users',
    scope: 'view',
    resource: null,
    belongsTo,
  });

  it('lets through what is of the organization, and anything where nothing is bound', () => {
    expect(() => requireBelonging(30, [check('context'), check(30)])).not.toThrow();
    expect(() => requireBelonging(null, [check(31), check(null), check('context')])).not.toThrow();
  });

  it.each([31, null])('refuses what is of %j, among others too', (belongsTo) => {
    expect(() => requireBelonging(30, [check(30), check(belongsTo)])).toThrow(PermissionDenied);
  });
});

describe('belongingOfRows', () => {
  it('lets a bound token ask for the rows of every package but those that are in no organization', () => {
    expect(() => requireBelonging(30, [belongingOfRows('invitations')])).not.toThrow();
    expect(() => requireBelonging(30, [belongingOfRows('growth')])).toThrow(PermissionDenied);
    expect(() => requireBelonging(null, [belongingOfRows('growth')])).not.toThrow();
  });
});

describe('narrowFilter', () => {
  it('keeps of what the rules let through the rows of the organization', () => {
    expect(narrowFilter({}, 'organizations', 30)).toEqual(['&', {}, { id: 30 }]);
    const own = ['|', { owner: 7 }, { membership__user: 7 }];
    expect(narrowFilter(own, 'invitations', 30)).toEqual(['&', own, { membership__organization: 30 }]);
    expect(narrowFilter(own, 'invitations', null)).toBe(own);
  });

  it('lets nothing of rows through that are in no organization, where a token is bound', () => {
    expect(() => narrowFilter({}, 'growth', 30)).toThrow(PermissionDenied);
    expect(narrowFilter({}, 'growth', null)).toEqual({});
  });
});
