import type { Chain } from '../authentication/chain.js';
import { createEnrolmentCheck } from '../authentication/factor-requirement.js';
import { createProofCheck } from '../authentication/proof.js';
import { createAuthorizer, createVisibility } from '../authorization/authorizer.js';
import { boundOrganization } from '../authorization/bound-tokens.js';
import { observeDecisions } from '../authorization/decisions.js';
import type { Metrics } from '../features/operations/metrics/metrics.js';
import type { Caller } from '../kernel/account.js';
import { clientKey } from '../platform/http/client-address.js';
import type { Exchanges } from '../platform/http/exchange.js';
import { challengeOf, type PipelineDeps } from '../platform/http/pipeline.js';
import { createRequestLimit } from '../platform/throttle/request-limit.js';
import type { Engines } from './engines.js';
import type { ContainerOptions } from './options.js';
import type { State } from './state.js';

export interface PipelineParts {
  readonly options: ContainerOptions;
  readonly engines: Engines;
  readonly exchanges: Exchanges;
  readonly state: State;
  readonly metrics: Metrics;
  readonly chain: Chain;
  /** Counts a request of a throttled route for its caller. @throws Throttled */
  readonly throttleCaller: (scope: string | undefined, caller: Caller) => Promise<void>;
}

/** Connects the steps of every request to authentication, authorization and rate limits. */
export function composePipeline({
  options,
  engines,
  exchanges,
  state,
  metrics,
  chain,
  throttleCaller,
}: PipelineParts): PipelineDeps {
  const { config, clock } = options;
  const { policyEngine } = engines;
  const limitAddress =
    config.THROTTLE_ANON === null
      ? async () => undefined
      : createRequestLimit(
          config.THROTTLE_ANON,
          engines.rates,
          clock,
          (req) => `anon:${clientKey(exchanges.of(req).origin.clientAddress)}`,
        );
  return {
    exchanges,
    identify: (exchange, accepted) => {
      if (accepted !== 'none') state.requirePrepared();
      return chain.identify(exchange.req, exchange.res, accepted, challengeOf(accepted));
    },
    admit: (caller) => void boundOrganization(caller),
    authorize: observeDecisions(createAuthorizer(policyEngine), clock, metrics.observeDecision),
    visible: observeDecisions(createVisibility(policyEngine), clock, metrics.observeDecision),
    throttle: async ({ req, res }, caller, route) => {
      if (caller === null || route?.countsWithCredentials === true) await limitAddress(req, res);
      if (caller !== null) await throttleCaller(route?.throttle, caller);
    },
    requireEnrolment: createEnrolmentCheck(
      config.ACCOUNT_PAGES ? `${config.PUBLIC_URL}/account/security/enrol` : null,
    ),
    requireProof: createProofCheck(
      clock,
      config.ACCOUNT_PAGES ? `${config.PUBLIC_URL}/account/sign-in?step=prove` : null,
    ),
    checkResponses: options.strict,
  };
}
