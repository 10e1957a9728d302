/**
 * Prints how many tests passed, from the report of a test runner; a test that was skipped did not.
 *
 *   node .ci/totals.mjs vitest|opa <report.json> [earlier reports]      the last line is "N passed, N failed"
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Of the message of a failed test: the claim, the place, and a few lines of the difference. */
const REASON_LINES = 16;

const READERS = { vitest: readVitest, opa: readOpa };

const [, , runner, file, ...earlier] = process.argv;
const { passed, problems } = read();
for (const problem of problems) console.log(`not passed: ${problem}`);
console.log(`${passed} passed, ${problems.length} failed`);

function read() {
  try {
    const [report, ...others] = [file, ...earlier].map((name) => JSON.parse(readFileSync(name, 'utf8')));
    return READERS[runner](report, others);
  } catch (error) {
    return { passed: 0, problems: [`${runner}: there is no report (${error.message})`] };
  }
}

/**
 * A file that could not be loaded has no tests: it counts as one. What only makes sense on some engines is skipped on
 * the others, and has passed if it did there.
 */
function readVitest({ testResults }, others) {
  const tests = listTests(testResults);
  const good = tests.filter(({ status }) => status === 'passed');
  const elsewhere = others.flatMap((other) => listTests(other.testResults)).filter(({ status }) => status === 'passed');
  const titles = new Set([...good, ...elsewhere].map(({ title }) => title));
  const bad = tests.filter(({ title, status }) => status === 'failed' || (status !== 'passed' && !titles.has(title)));
  const broken = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
  return {
    passed: good.length,
    problems: [...broken.map(({ name }) => name), ...bad.map(({ title, status, reason }) => `${title} (${status}) ${reason}`.trimEnd())],
  };
}

function listTests(testResults) {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status, failureMessages = [] }) => ({
      title: `${path.relative('', name)}: ${fullName}`,
      status,
      reason: failureMessages.join('\n').split('\n').slice(0, REASON_LINES).join('\n    '),
    })),
  );
}

function readOpa(results) {
  const notPassed = results.filter(({ fail, error, skip }) => fail || error || skip);
  return { passed: results.length - notPassed.length, problems: notPassed.map((test) => `${test.package}.${test.name}`) };
}
