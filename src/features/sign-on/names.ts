import type { Profile } from '../../platform/oidc/provider.js';

/** @returns names for a new account, the best first: the one at the provider, then the local part of the address */
export const namesOf = ({ username, email }: Profile): readonly string[] =>
  [username, email?.slice(0, email.lastIndexOf('@'))].filter((name): name is string => Boolean(name));

/** @returns what allauth keeps beside a link (`extra_data`): only what tells people which account it is */
export const linkData = ({ subject, username, email, isEmailVerified }: Profile): string =>
  JSON.stringify({ sub: subject, preferred_username: username, email, email_verified: isEmailVerified });
