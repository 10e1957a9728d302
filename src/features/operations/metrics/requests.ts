import { Counter, Histogram, type Registry } from 'prom-client';
import { LIMITS, UNAVAILABLE_CODES, type UnavailableCode } from '../../../kernel/refusals.js';
import {
  SECURITY_EVENTS,
  type SecurityEventDetails,
  type SecurityEventName,
} from '../../../kernel/security-events.js';

/** Counts answers, events and refusals. Every value of a label starts with 0, so that its first event is an increase. */
export function countRequests(registry: Registry) {
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests, by method, route and status; aborted if the client disconnected before the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Seconds from the head of a request to the last byte of its answer, by route.',
    labelNames: ['route'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const events = new Counter({
    name: 'security_events_total',
    help: 'Events that concern identities and rights, by name.',
    labelNames: ['event'] as const,
    registers: [registry],
  });
  for (const event of Object.keys(SECURITY_EVENTS)) events.inc({ event }, 0);
  const limits = new Counter({
    name: 'cvat_auth_limits_met_total',
    help: 'Answers with 429, by the limit that refused: the name of its setting in lower case.',
    labelNames: ['limit'] as const,
    registers: [registry],
  });
  for (const limit of LIMITS) limits.inc({ limit }, 0);
  const unavailable = new Counter({
    name: 'cvat_auth_unavailable_answers_total',
    help: 'Answers with 503, by the code that names the missing part.',
    labelNames: ['code'] as const,
    registers: [registry],
  });
  for (const code of UNAVAILABLE_CODES) unavailable.inc({ code }, 0);
  return {
    countEvent: (event: SecurityEventName, details?: SecurityEventDetails): void => {
      events.inc({ event });
      if (details?.limit !== undefined) limits.inc({ limit: details.limit });
    },
    countUnavailable: (code: UnavailableCode): void => unavailable.inc({ code }),
    observe: (request: { method: string; route: string; status: string }, seconds: number): void => {
      requests.inc(request);
      durations.observe({ route: request.route }, seconds);
    },
  };
}
