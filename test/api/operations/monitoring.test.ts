import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { useTestApp } from '../../support/app.js';
import { scrape } from '../../support/metrics.js';
import { hasPromtool, PROMTOOL_HINT, promtool } from '../../support/promtool.js';

/** The files of deploy/monitoring, and the documentation of the metrics, against a scrape of a real server. */

const ROOT = path.resolve(import.meta.dirname, '../../..');
const FOLDER = path.join(ROOT, 'deploy/monitoring');
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

const Annotations = z.strictObject({
  summary: z.string().min(1),
  description: z.string().min(1),
  action: z.string().min(1),
  runbook: z.string(),
});
const Alert = z.object({
  alert: z.string(),
  expr: z.string(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: Annotations,
});
const Alerts = z.object({ groups: z.array(z.object({ rules: z.array(Alert) })) });
const Tests = z.object({ tests: z.array(z.object({ name: z.string() })) });
const Panel = z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) });
const Dashboard = z.object({
  panels: z.array(Panel),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
});

const alerts = Alerts.parse(parse(read('deploy/monitoring/alerts.yml'))).groups.flatMap(({ rules }) => rules);
const dashboard = Dashboard.parse(JSON.parse(read('deploy/monitoring/dashboard.json')));
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** Metrics that Prometheus makes itself. */
const OF_PROMETHEUS = ['up'];

interface Selector {
  readonly name: string;
  readonly labels: readonly string[];
}

/** @returns the metrics that an expression selects, each with the labels that it compares */
function selectorsIn(expression: string): readonly Selector[] {
  const withoutGroups = expression.replace(/\b(by|without|on|ignoring) \([^)]*\)/g, '');
  return [...withoutGroups.matchAll(/\b([a-z_]\w*_\w+|up)\b(?!\()(?:\{([^}]*)\})?/g)]
    .filter(([, name = '']) => !['histogram_quantile', 'min_over_time', '__rate_interval'].includes(name))
    .map(([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*[=!]~?"/g)].map(([, label = '']) => label),
    }));
}

/** @returns what a scrape has: every name that can be selected, with the labels of its series */
function seriesIn(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, Set<string>>();
  for (const [, name = '', type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];
    for (const each of names) series.set(each, new Set());
  }
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)\{(.*)\} /gm))
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) series.get(name)?.add(label);
  return series;
}

const app = useTestApp({ env: { EMAIL_BACKEND: 'console' } });

/** Series of histograms with labels appear with their first value. */
async function scrapeAfterRequests() {
  await app.register();
  return seriesIn((await scrape(app)).text);
}

describe('deploy/monitoring', () => {
  it.each([
    ['alerts.yml', alerts.map(({ expr }) => expr)],
    ['dashboard.json', queries],
  ])('asks for metrics and labels that a server has, in %s', async (_file, expressions) => {
    const series = await scrapeAfterRequests();
    const selectors = expressions.flatMap(selectorsIn).filter(({ name }) => !OF_PROMETHEUS.includes(name));
    expect(selectors.length).toBeGreaterThan(expressions.length / 2);
    const unknown = selectors.filter(({ name, labels }) => {
      const known = series.get(name);
      const own = labels.filter((label) => !['job', 'instance'].includes(label));
      return known === undefined || own.some((label) => !known.has(label));
    });
    expect(unknown).toEqual([]);
  });

  it('shows every metric of the server on the dashboard', async () => {
    const series = await scrapeAfterRequests();
    const shown = new Set(
      queries.flatMap(selectorsIn).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    const own = new Set(
      [...series.keys()]
        .filter((name) => /^(cvat_auth|http|security)_/.test(name))
        .map((name) => name.replace(/_(bucket|sum|count)$/, '')),
    );
    expect([...own].filter((name) => !shown.has(name))).toEqual([]);
  });

  it('has a dashboard that can be imported: its data source is a variable', () => {
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    const sources = [...read('deploy/monitoring/dashboard.json').matchAll(/"uid": "([^"]+)"/g)];
    expect(new Set(sources.map(([, uid]) => uid))).toEqual(new Set([`$\{datasource}`, 'cvat-auth']));
    const titles = dashboard.panels.map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });

  it('tests of each alert that it fires, and that it does not', () => {
    const names = Tests.parse(parse(read('deploy/monitoring/alerts.test.yml'))).tests.map(({ name }) => name);
    const wanted = alerts.flatMap(({ alert }) => [`${alert} fires`, `${alert} does not fire`]);
    expect(new Set(names)).toEqual(new Set(wanted));
  });

  it('names for each alert a section of the documentation that is there', () => {
    for (const { alert, annotations } of alerts) {
      const [file = '', anchor] = annotations.runbook.split('#');
      const anchors = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      if (anchor !== undefined) expect(anchors, alert).toContain(anchor);
    }
  });
});

describe('docs/operations.md', () => {
  it('lists exactly the metrics of the server, with their labels', async () => {
    const listed = [...read('docs/operations.md').matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(
      ([, name, labels = '']) => [name, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort()],
    );
    const series = await scrapeAfterRequests();
    const own = [...series]
      .filter(([name]) => /^(cvat_auth|http|security)_/.test(name) && !/_(sum|count)$/.test(name))
      .map(([name, labels]) => [
        name.replace(/_bucket$/, ''),
        [...labels].filter((label) => label !== 'le').sort(),
      ]);
    // No series of the directory has a time, unless there is one.
    const withoutTimes = ([name]: readonly unknown[]) => name !== 'cvat_auth_ldap_request_duration_seconds';
    const byName = (a: readonly unknown[], b: readonly unknown[]) => String(a[0]).localeCompare(String(b[0]));
    expect(listed.filter(withoutTimes).sort(byName)).toEqual(own.filter(withoutTimes).sort(byName));
  });
});

describe.skipIf(!hasPromtool)(`promtool (${PROMTOOL_HINT})`, () => {
  it('finds nothing to improve in the metrics of a server', async () => {
    const { text } = await scrape(app);
    expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' });
  });

  it('finds a metric whose name is not as Prometheus advises', () => {
    const misnamed = '# HELP seconds_total Seconds.\n# TYPE seconds_total gauge\nseconds_total 1\n';
    expect(promtool(['check', 'metrics'], misnamed)).toMatchObject({ status: 3 });
  });

  it.each([
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
    ['check', 'config', 'prometheus.yml', '--syntax-only'],
  ])('accepts: %s %s %s', (verb, noun, file, ...more) => {
    const { status, output } = promtool([verb, noun, ...more, path.join(FOLDER, file)]);
    expect(status, output).toBe(0);
  });

  it('understands every query of the dashboard', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
    try {
      const rules = queries.map((query, index) => ({
        record: `panel:query:${index}`,
        expr: query.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, 'any'),
      }));
      const file = path.join(folder, 'queries.yml');
      writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
      const { status, output } = promtool(['check', 'rules', file]);
      expect(status, output).toBe(0);
      expect(output).toContain(`${queries.length} rules found`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
