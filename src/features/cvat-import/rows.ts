import type { z } from 'zod';
import { RECORDS } from './schemas.js';

export type Kind = keyof typeof RECORDS;

/** The rows of each kind, from any source. Their fields have Django's names. */
export type Rows = { readonly [K in Kind]: z.output<(typeof RECORDS)[K]> };

/** A row and its kind. */
export type Item = { readonly [K in Kind]: { readonly kind: K; readonly row: Rows[K] } }[Kind];

/** In the order in which they are read and written. */
export const KINDS = Object.keys(RECORDS) as readonly Kind[];

/** Django's names for the models; newer releases of CVAT have their own user model on the same table. */
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

/** Their names in reports. */
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

/** Information for an operator about one row. */
export interface Finding {
  /** `skipped`: it is not imported. `changed`: it is imported with changes. */
  readonly effect: 'skipped' | 'changed';
  readonly kind: Kind;
  /** Identifies the row; never a secret. */
  readonly item: string;
  readonly reason: string;
}
