import { Counter, Histogram, type Registry } from 'prom-client';
import { ATTEMPT_OUTCOMES, type ObserveAttempt, WAYS } from '../../../authentication/attempts.js';
import type { HashObserver } from '../../../authentication/passwords/service.js';
import { SESSION_ENDS, type SessionObserver } from '../../../authentication/sessions/session-deps.js';

/** Counts attempts to sign in, sessions, and the work on passwords. */
export function countSignIns(registry: Registry) {
  const attempts = new Counter({
    name: 'cvat_auth_authentications_total',
    help: 'Logins, and requests with credentials, by way and outcome.',
    labelNames: ['way', 'outcome'] as const,
    registers: [registry],
  });
  for (const way of WAYS) for (const outcome of ATTEMPT_OUTCOMES) attempts.inc({ way, outcome }, 0);
  const observeAttempt: ObserveAttempt = (way, outcome) => attempts.inc({ way, outcome });
  return { observeAttempt, sessions: countSessions(registry), hashing: timeHashing(registry) };
}

function countSessions(registry: Registry): SessionObserver {
  const opened = new Counter({
    name: 'cvat_auth_sessions_opened_total',
    help: 'Sessions that a sign-in opened.',
    registers: [registry],
  });
  const ended = new Counter({
    name: 'cvat_auth_sessions_ended_total',
    help: 'Sessions that the server ended, by reason; those that expire unused are not counted.',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  for (const reason of SESSION_ENDS) ended.inc({ reason }, 0);
  return { opened: () => opened.inc(), ended: (reason) => ended.inc({ reason }) };
}

function timeHashing(registry: Registry): HashObserver {
  const waits = new Histogram({
    name: 'cvat_auth_password_queue_wait_seconds',
    help: 'Seconds that a password waited in the queue before it was hashed.',
    buckets: [0.01, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'cvat_auth_password_hash_duration_seconds',
    help: 'Seconds that one password hash took.',
    buckets: [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5],
    registers: [registry],
  });
  return {
    waited: (seconds) => waits.observe(Math.max(0, seconds)),
    hashed: (seconds) => durations.observe(seconds),
  };
}
