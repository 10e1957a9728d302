import type { z } from 'zod';
import { RECORDS } from './schemas.js';

export type Kind = keyof typeof RECORDS;

/** The rows of each kind, wherever they come from. Named as Django names the fields. */
export type Rows = { readonly [K in Kind]: z.output<(typeof RECORDS)[K]> };

/** A row and its kind. */
export type Item = { readonly [K in Kind]: { readonly kind: K; readonly row: Rows[K] } }[Kind];

/** In the order in which they are read and written. */
export const KINDS = Object.keys(RECORDS) as readonly Kind[];

/** Django's names of the models; newer releases of CVAT have a user model of their own on the same table. */
export const MODELS: ReadonlyMap<string, Kind> = new Map([
  ['sites.site', 'site'],
  ['auth.group', 'group'],
  ['auth.user', 'user'],
  ['iam.user', 'user'],
  ['account.emailaddress', 'email'],
  ['authtoken.token', 'token'],
  ['access_tokens.accesstoken', 'access_token'],
  ['organizations.organization', 'organization'],
  ['organizations.membership', 'membership'],
  ['organizations.invitation', 'invitation'],
  ['engine.profile', 'profile'],
]);

/** What a report calls them. */
export const NAMES: Readonly<Record<Kind, string>> = {
  site: 'sites',
  group: 'groups',
  user: 'accounts',
  email: 'e-mail addresses',
  token: 'API tokens',
  access_token: 'personal access tokens',
  organization: 'organizations',
  membership: 'memberships',
  invitation: 'invitations',
  profile: 'profiles',
};

/** Something an operator should know of one row. */
export interface Finding {
  /** `skipped`: it is not imported. `changed`: it is, but not as it was. */
  readonly effect: 'skipped' | 'changed';
  readonly kind: Kind;
  /** Which one; never a secret. */
  readonly item: string;
  readonly reason: string;
}
