import { ValidationError } from '../../kernel/errors.js';
import type { ProviderSettings, SignOnSettings } from '../../platform/config/auth-config.js';
import { domainOf } from '../../platform/oidc/claims.js';

const NO_PROVIDER = 'No identity provider is responsible for this request.';

export interface Selection {
  readonly email: string | undefined;
  /** Third-party initiated login (OpenID Connect Core 1.0, section 4). */
  readonly iss: string | undefined;
}

/**
 * Chooses among the providers of single sign-on as CVAT Enterprise does: by the domain of the address, or the lowest
 * weight, or as an issuer asks.
 *
 * @throws ValidationError if there is none
 */
export function selectProvider(
  { providers, selection }: SignOnSettings,
  { email, iss }: Selection,
): ProviderSettings {
  const candidates = providers.filter(({ family }) => family === 'oidc');
  const byWeight = candidates.toSorted((left, right) => left.weight - right.weight);
  if (iss !== undefined)
    return found(byWeight.find((one) => one.kind === 'openid' && sameIssuer(one.issuer, iss)));
  if (selection === 'lowest_weight') return found(byWeight[0]);
  const domain = email === undefined ? undefined : domainOf(email);
  const ofDomain = byWeight.find(({ emailDomain }) => emailDomain !== null && emailDomain === domain);
  return found(ofDomain ?? byWeight.find(({ emailDomain }) => emailDomain === null));
}

/** Configurations differ in a trailing slash from what providers call themselves. */
const sameIssuer = (left: string, right: string): boolean =>
  left.replace(/\/$/, '') === right.replace(/\/$/, '');

function found(provider: ProviderSettings | undefined): ProviderSettings {
  if (provider === undefined) throw new ValidationError([NO_PROVIDER]);
  return provider;
}
