import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/platform/config/load.js';
import { postgresUrlProblem } from '../../../../src/platform/config/postgres-url.js';

describe('the URL of PostgreSQL', () => {
  it.each([
    'postgres://u:p@db.example.org:5432/cvat',
    'postgresql://u@db/cvat?sslmode=require',
    'postgres://db',
    'postgres://[::1]:5432/cvat',
    'postgres://u:p%2F%40@db/cvat',
    'postgres://u:p@ss@db/cvat',
    'postgres://u:100%sure@db/cvat',
    'postgres:///cvat?host=/run/postgresql',
    'postgres://u:p@/cvat?host=/run/postgresql',
    'postgres://%2Frun%2Fpostgresql/cvat',
    'postgres://db/cvat?user=anna@example.org&password=x',
  ])('may be %s', (url) => {
    expect(postgresUrlProblem(url)).toBeUndefined();
  });

  it.each([
    ['mysql://db/cvat', /must be a URL that starts with postgres:\/\//],
    ['postgres://u:12/b@db/cvat', /%2F/],
    ['postgres://u:pass/b@db/cvat', /%2F/],
    ['postgres://u:p?b@db/cvat', /%3F/],
    ['postgres://u:p#b@db/cvat', /%23/],
    ['postgres://a:5432,b:5432/cvat?target_session_attrs=read-write', /several hosts are not supported/],
    ['postgres://u:p@a,b/cvat', /several hosts are not supported/],
    ['postgres:///cvat', /names no server/],
    ['postgres://u:p@/cvat', /names no server/],
    ['postgres://db:port/cvat', /must look like/],
  ])('is refused with a sentence that helps: %s', (url, problem) => {
    expect(postgresUrlProblem(url)).toMatch(problem);
  });

  it('keeps all of a wrong one out of the sentence', () => {
    const start = () => loadConfig({ DATABASE_URL: 'postgres://u:12/b@db/cvat' });
    expect(start).toThrow(/^DATABASE_URL is wrong: .*%2F/);
    expect(start).not.toThrow(/12|b@/);
  });
});

describe('the URL of Redis', () => {
  it.each([
    'redis://:100%sure@host:6379/0',
    'redis+sentinel://:100%sure@host:26379/mymaster/0',
    'redis+cluster://u:5%@host:6379',
  ])('is refused with a sentence about %% in its password: %s', (url) => {
    expect(() => loadConfig({ REDIS_URL: url })).toThrow(/^REDIS_URL is wrong: .*% is written %25/);
  });
});
