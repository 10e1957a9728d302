/** What was wrong with the answers of this test file so far: `watch.ts` writes, `setup.ts` reads. */
const problems: string[] = [];

export const addProblem = (problem: string): void => void problems.push(problem);

/** How a test that provokes a mistake of the server says which answer it expects. @returns whether it came */
export function forgiveProblem(part: string): boolean {
  const index = problems.findIndex((problem) => problem.includes(part));
  if (index >= 0) problems.splice(index, 1);
  return index >= 0;
}

/** @returns what was wrong with the answers since the last call */
export const takeProblems = (): readonly string[] => problems.splice(0);
