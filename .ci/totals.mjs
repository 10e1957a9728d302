/**
 * Says how many tests passed, from the report of a test runner; a test that was skipped did not.
 *
 *   node .ci/totals.mjs vitest|opa <report.json>      the last line is "N passed, N failed"
 */
import { readFileSync } from 'node:fs';

const READERS = { vitest: readVitest, opa: readOpa };

const [, , runner, file] = process.argv;
const { passed, problems } = read();
for (const problem of problems) console.log(`not passed: ${problem}`);
console.log(`${passed} passed, ${problems.length} failed`);

function read() {
  try {
    return READERS[runner](JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    return { passed: 0, problems: [`${runner}: there is no report (${error.message})`] };
  }
}

/** A file that could not be loaded has no tests: it counts as one. */
function readVitest({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const broken = testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0);
  const notPassed = tests.filter(({ status }) => status !== 'passed').map(({ status, fullName }) => `${fullName} (${status})`);
  return { passed: tests.length - notPassed.length, problems: [...broken.map(({ name }) => name), ...notPassed] };
}

function readOpa(results) {
  const notPassed = results.filter(({ fail, error, skip }) => fail || error || skip);
  return { passed: results.length - notPassed.length, problems: notPassed.map((test) => `${test.package}.${test.name}`) };
}
