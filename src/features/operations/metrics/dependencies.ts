import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { DECISION_OUTCOMES, type ObserveDecision } from '../../../authorization/decisions.js';
import type { ObserveExchanges } from '../../../authorization/engines/shared-exchanges.js';
import { CONNECTION_FAILURES, type ConnectionFailure } from '../../../platform/db/pool.js';
import {
  DIRECTORY_OPERATIONS,
  DIRECTORY_OUTCOMES,
  type ObserveDirectory,
} from '../../../platform/ldap/observed.js';
import { MAIL_OUTCOMES, type MailOutcome } from '../../../platform/mail/delivery.js';

/** The clock of the machine may be set back meanwhile. */
const atLeastZero = (seconds: number): number => Math.max(0, seconds);

/** Counts and times the work of the services behind this server, and their failures. */
export function countDependencies(registry: Registry) {
  const partReady = new Gauge({
    name: 'cvat_auth_part_ready',
    help: 'Whether a part is ready, as in /readyz; for mail and ldap, whether the last request to it got an answer.',
    labelNames: ['part'] as const,
    registers: [registry],
  });
  return {
    partReady,
    observeDecision: timeDecisions(registry),
    policyExchanges: countExchanges(registry),
    observeDirectory: timeDirectory(registry, partReady),
    countMail: countMails(registry, partReady),
    ...countConnections(registry),
  };
}

function timeDecisions(registry: Registry): ObserveDecision {
  const decisions = new Counter({
    name: 'cvat_auth_policy_decisions_total',
    help: 'Decisions of the policy about requests, by outcome; error if there was none, which refuses the request.',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  for (const outcome of DECISION_OUTCOMES) decisions.inc({ outcome }, 0);
  const durations = new Histogram({
    name: 'cvat_auth_policy_decision_duration_seconds',
    help: 'Seconds that a decision of the policy took.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  return (outcome, seconds) => {
    decisions.inc({ outcome });
    durations.observe(atLeastZero(seconds));
  };
}

function countExchanges(registry: Registry): ObserveExchanges {
  const questions = new Histogram({
    name: 'cvat_auth_opa_exchange_questions',
    help: 'Questions that one exchange with Open Policy Agent carried; concurrent requests share exchanges.',
    buckets: [1, 2, 4, 8, 16, 32],
    registers: [registry],
  });
  const repeated = new Counter({
    name: 'cvat_auth_opa_repeated_questions_total',
    help: 'Questions that were asked again, because the exchange that they shared did not answer them.',
    registers: [registry],
  });
  return { sent: (count) => questions.observe(count), repeated: (count) => repeated.inc(count) };
}

function timeDirectory(registry: Registry, partReady: Gauge<'part'>): ObserveDirectory {
  const requests = new Counter({
    name: 'cvat_auth_ldap_requests_total',
    help: 'Requests to the LDAP directory, by operation and outcome.',
    labelNames: ['operation', 'outcome'] as const,
    registers: [registry],
  });
  for (const operation of DIRECTORY_OPERATIONS)
    for (const outcome of DIRECTORY_OUTCOMES) requests.inc({ operation, outcome }, 0);
  const durations = new Histogram({
    name: 'cvat_auth_ldap_request_duration_seconds',
    help: 'Seconds that a request to the LDAP directory took, by operation.',
    labelNames: ['operation'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (operation, outcome, seconds) => {
    requests.inc({ operation, outcome });
    durations.observe({ operation }, atLeastZero(seconds));
    partReady.set({ part: 'ldap' }, outcome === 'ok' || outcome === 'refused' ? 1 : 0);
  };
}

function countMails(registry: Registry, partReady: Gauge<'part'>): (outcome: MailOutcome) => void {
  const mails = new Counter({
    name: 'cvat_auth_mail_attempts_total',
    help: 'Attempts to send a mail, by outcome; expired counts mails that were given up after three days.',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  for (const outcome of MAIL_OUTCOMES) mails.inc({ outcome }, 0);
  return (outcome) => {
    mails.inc({ outcome });
    if (outcome !== 'expired') partReady.set({ part: 'mail' }, outcome === 'unavailable' ? 0 : 1);
  };
}

function countConnections(registry: Registry) {
  const failures = new Counter({
    name: 'cvat_auth_database_connection_failures_total',
    help: 'Statements that got no connection to PostgreSQL, by reason.',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  for (const reason of CONNECTION_FAILURES) failures.inc({ reason }, 0);
  const redisErrors = new Counter({
    name: 'cvat_auth_redis_connection_errors_total',
    help: 'Connections to Redis that failed or broke.',
    registers: [registry],
  });
  const fallbacks = new Counter({
    name: 'cvat_auth_rate_limit_fallbacks_total',
    help: 'Times that Redis did not answer, and this process began to count requests for its limits on its own.',
    registers: [registry],
  });
  return {
    countConnectionFailure: (reason: ConnectionFailure): void => failures.inc({ reason }),
    countRedisError: (): void => redisErrors.inc(),
    countRateFallback: (): void => fallbacks.inc(),
  };
}
