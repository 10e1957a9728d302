import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { NotFound, ServiceUnavailable } from '../../../../src/kernel/errors.js';
import {
  breaksConnection,
  describeFailure,
  isConflict,
  uniqueViolation,
} from '../../../../src/platform/db/failures.js';

const databaseError = (code: string, fields: { severity?: string; constraint?: string } = {}) =>
  Object.assign(new pg.DatabaseError('message', 7, 'error'), { severity: 'ERROR', code, ...fields });
const networkError = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

describe('describeFailure', () => {
  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EHOSTUNREACH'].map(networkError),
    Object.assign(new AggregateError([networkError('ECONNREFUSED')]), { code: 'ECONNREFUSED' }),
    ...['57P01', '57P03', '08006', '08P01', '53300', '53100', '57014', '25006'].map((code) =>
      databaseError(code),
    ),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated unexpectedly'),
    new Error('Query read timeout'),
    new Error('Client has encountered a connection error and is not queryable'),
  ])('turns %s into 503 and keeps it as the cause', (error) => {
    const described = describeFailure(error);
    expect(described).toBeInstanceOf(ServiceUnavailable);
    expect(described).toMatchObject({
      status: 503,
      body: {
        code: 'database_unreachable',
        detail: 'The database does not answer. Try again in a few seconds.',
      },
      headers: { 'Retry-After': '5' },
      cause: error,
    });
  });

  it.each([
    databaseError('23505'),
    databaseError('42P01'),
    new NotFound(),
    new TypeError('a connection terminated'),
    networkError('EACCES'),
    'a string',
    undefined,
  ])('passes %s on', (error) => {
    expect(describeFailure(error)).toBe(error);
  });
});

describe('breaksConnection', () => {
  it('holds for all but ordinary errors of the server', () => {
    expect(breaksConnection(databaseError('23505'))).toBe(false);
    expect(breaksConnection(databaseError('57014'))).toBe(false);
    expect(breaksConnection(databaseError('57P01', { severity: 'FATAL' }))).toBe(true);
    expect(['25006', '0A000', '26000'].map((code) => breaksConnection(databaseError(code)))).toEqual([
      true,
      true,
      true,
    ]);
    expect(breaksConnection(networkError('ECONNRESET'))).toBe(true);
    expect(breaksConnection(new Error('Query read timeout'))).toBe(true);
  });
});

describe('isConflict', () => {
  it('holds for what another run may mend', () => {
    const codes = ['40001', '40P01', '23503', '40002', '23505'];
    expect(codes.filter((code) => isConflict(databaseError(code)))).toEqual(['40001', '40P01', '23503']);
    expect(isConflict(networkError('40001'))).toBe(false);
  });
});

describe('uniqueViolation', () => {
  it('names the constraint of a refused duplicate, and of nothing else', () => {
    expect(uniqueViolation(databaseError('23505', { constraint: 'auth_user_username_key' }))).toBe(
      'auth_user_username_key',
    );
    expect(uniqueViolation(databaseError('23503', { constraint: 'some_fk' }))).toBeUndefined();
    expect(uniqueViolation(new Error('23505'))).toBeUndefined();
  });
});
